"""A checkpoint as one file: taken home, and opened again on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

import model
from model.errors import Refusal
from model.training import archive, jobs
from pages.common import checkpoints, frame
from pages.common.language import _
from pages.common.text import escape, refuse

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

LARGEST = 500  # megabytes of a file that is sent to the app
RECEIVED = "received"  # the file that was opened last, and its checkpoint's name or why it was refused


def download(name: str) -> None:
    """The button that saves a checkpoint of this machine as one file, packed when it is clicked."""
    with refuse(go_on=True):
        folder = checkpoints.folder(name)
        archive.contents(folder)
        st.download_button(
            _("Save as one file"),
            lambda: archive.pack(folder),
            f"{archive.safe_name(folder.name)}.zip",
            "application/zip",
            key="save checkpoint",
            icon=":material/download:",
            help=_(
                "A zip with weights, config and tokenizer. It opens here on another machine, and its folder "
                "loads with AutoModel.from_pretrained after “import model.networks.pretrained”."
            ),
            on_click="ignore",
        )


def upload() -> None:
    """The control that opens such a file, and what came of it; its checkpoint is then the chosen one.

    For pages that do not ask for a checkpoint themselves, or ask below it.
    """
    file = frame.upload(
        _("Open a checkpoint from a file"),
        ["zip"],
        "checkpoint file",
        LARGEST,
        help=_(
            "A zip that was saved here, or one of a text model's folder with its safetensors. "
            "Pickles and code are never opened."
        ),
    )
    if file is None:
        st.session_state.pop(RECEIVED, None)
        return
    opened, came = st.session_state.get(RECEIVED, (None, None))
    if opened != file.file_id:
        came = receive(file)
        st.session_state[RECEIVED] = file.file_id, came
    with refuse(go_on=True):
        if isinstance(came, ValueError):
            raise came
        st.caption(_("{name} is here now, and is chosen on every page.").format(name=escape(came)))


def receive(file: UploadedFile) -> str | ValueError:
    """The name of the checkpoint in a file, unpacked, tried and chosen; or why there is none."""
    try:
        with st.spinner(_("Opening {file} …").format(file=escape(file.name))):
            folder = archive.unpack(file, jobs.runs_folder(), Path(file.name).stem, try_out)
    except ValueError as error:
        return error
    checkpoints.look_again()
    name = checkpoints.name_of(folder)
    st.session_state[checkpoints.KEY] = name
    return name


def try_out(folder: Path) -> None:
    """Load it once. Raises ValueError, by the folder's name and not by its place, where it is of no use."""
    try:
        model.load(folder)
    except Refusal as refusal:
        raise Refusal(refusal.template, **{**refusal.values, "name": folder.name}) from refusal
