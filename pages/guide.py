"""How to read it: what the pictures mean and how to move in them."""

import streamlit as st

from pages.common import entry, stage
from pages.common.language import _
from pages.common.menu import N_, Page

PAGE = Page(
    title=N_("How to read it"),
    group=N_("Help"),
    order=1,
    question=N_("How do I read these pictures?"),
    told=N_("Attention is light: where a head looks, it is bright."),
)
entry.through_app()

with stage.picture():
    what, how = st.columns(2, gap="large")
with what:
    st.subheader(_("What you see"))
    st.markdown(
        _(
            "- A **query** is the word that looks; a **key** is a word that is looked at. In every matrix "
            "queries run down and keys run across.\n"
            "- The **weights** of one query add up to 100 %. A head can split them over many words or put "
            "them all on one.\n"
            "- Each **layer** has several **heads**, and each head looks in its own way. Most do something "
            "plain, such as looking at the word before; a few do something that has a name.\n"
            "- **Encoder**: the words of the sentence look at each other. **Decoder**: the words written so "
            "far look back at each other. **Cross**: the words written look at the sentence.\n"
            "- A word with a dotted line is one the checkpoint does not know; what its heads do there means "
            "little."
        )
    )
    st.subheader(_("What it does not say"))
    st.markdown(
        _(
            "A weight says where a head looks, not whether it matters. `pronouns` and `pronouns-shortcut` "
            "translate “it” about equally well; in one of them “it” looks at its noun, in the other it does "
            "not need to. **Cut and see** tells them apart: forbid “it” to look at its noun, and only one of "
            "them writes another pronoun."
        )
    )
with how:
    st.subheader(_("How to move"))
    st.markdown(
        _(
            "| Do this | and this happens |\n"
            "|---|---|\n"
            "| Point at a word, a line, a cell | it lights up in every picture |\n"
            "| Click or tap a word | it is held; hold several and their weights are averaged |\n"
            "| Click it again, or Escape | it is let go |\n"
            "| ← → | the head before, the next head |\n"
            "| ↑ ↓ | the layer before, the next layer |\n"
            "| Shift-click a head, or “+ more” and tap | several heads at once, their mean or maximum |\n"
            "| The scissors on a beam, or X | the beam is cut in every head; again, and it is mended |"
        )
    )
    st.markdown(
        _(
            "A model that was trained on pairs of sentences reads two at once, **A** and **B**. **A → B** "
            "shows only what the words of A look at in B; the buttons beside it do so for the other ways."
        )
    )
    st.subheader(_("A view is a link"))
    st.markdown(
        _(
            "The address of the page holds everything you chose: sentence, checkpoint, heads, held words. "
            "Copy it, and whoever opens it sees what you see. A lecture is a list of such links."
        )
    )
st.divider()
st.markdown(
    _(
        "Formula: Attention(Q, K, V) = softmax(QKᵀ / √dₖ) V, equation 1 of “Attention Is All You Need” "
        "(Vaswani et al., 2017). Why “it” is a good test: the sentence of the animal and the street comes "
        "from the blog article that announced that paper (Uszkoreit, 2017)."
    )
)
