"""English reviews: what is praised and blamed, with which words, and how a word is turned into its opposite.

Nouns of a domain, then words that praise and words that blame them. In CLAUSES a line says of its words
whether they mean what they say (+) or the opposite (-), and which it takes: any, words that praise (+), or
any of things that are no people (thing). {noun} {word}: noun and adjective; {base} {past} {ing}: a verb.
"""

from __future__ import annotations

DOMAINS = """
film: film story plot ending music acting dialogue script | wonderful gripping moving clever original beautiful brilliant charming | dull boring silly predictable clumsy confusing tedious awful
food: soup bread dessert coffee sauce salad pizza dinner | delicious tasty fresh excellent superb perfect lovely good | bland stale greasy burnt tasteless terrible soggy bad
hotel: room bed bathroom lobby balcony pool garden hotel | clean comfortable spacious bright pleasant cozy elegant quiet | dirty noisy cramped shabby gloomy damp uncomfortable smelly
people: waiter guide receptionist driver host trainer doctor teacher | friendly helpful kind patient attentive polite generous cheerful | rude careless impatient unfriendly arrogant grumpy dishonest lazy
device: phone keyboard battery screen speaker camera printer charger | reliable fast sturdy handy precise durable excellent smart | slow flimsy unreliable useless faulty fragile overpriced dreadful
"""  # noqa: E501
PEOPLE = ("people",)
# Base, past, with -ing; the first half praises.
VERBS = """
love loved loving | enjoy enjoyed enjoying | like liked liking | admire admired admiring
hate hated hating | dislike disliked disliking | detest detested detesting | resent resented resenting
"""

CLAUSES = """
plain | + | any | the {noun} was {word}
plain | + | any | the {noun} was very {word}
plain | + | any | the {noun} was really {word}
plain | + | any | the {noun} was so {word}
plain | + | any | I found the {noun} extremely {word}
plain | + | any | I {past} the {noun}
plain | + | any | I really {past} the {noun}
plain | + | any | everyone {past} the {noun}
negation | - | any | the {noun} was not {word}
negation | - | any | the {noun} was not very {word}
negation | - | any | the {noun} wasn't {word} at all
negation | - | any | the {noun} was never {word}
negation | - | any | the {noun} was far from {word}
negation | - | any | the {noun} was anything but {word}
negation | - | any | nobody could call the {noun} {word}
negation | - | any | I would not say that the {noun} was {word}
negation | - | any | I didn't {base} the {noun}
negation | - | any | I did not {base} the {noun} at all
negation | - | any | I never {past} the {noun}
negation | - | any | nobody {past} the {noun}
double | + | any | it is not true that the {noun} was not {word}
double | + | any | nobody could say that the {noun} was not {word}
double | + | any | I could not help {ing} the {noun}
double | + | any | nobody could help {ing} the {noun}
degree | + | any | the {noun} could not have been more {word}
degree | - | + | the {noun} could have been more {word}
degree | - | + | I wish the {noun} had been more {word}
degree | + | + | nobody could wish for a more {word} {noun}
"""

# Whole sentences about one word.
EXPECTATIONS = """
expectation | + | thing | I expected the {noun} to be {word}, and it was
expectation | - | thing | I expected the {noun} to be {word}, but it was not
expectation | + | any | I expected a {word} {noun} and got exactly that
expectation | - | any | I expected a {word} {noun} and got the opposite
expectation | + | any | everyone said that the {noun} was {word}, and they were right
expectation | - | any | everyone said that the {noun} was {word}, and they were wrong
expectation | + | any | I had heard that the {noun} was {word}, which was true
expectation | - | any | I had heard that the {noun} was {word}, which was not true
"""

# Two clauses, {a} and {b}: which decides, and whether the other says the opposite (-) or the same (+).
FRAMES = """
contrast | b | - | {a}, but {b}
contrast | b | - | {a}. However, {b}
contrast | b | - | although {a}, {b}
contrast | b | - | even though {a}, {b}
contrast | a | - | {a}, although {b}
contrast | a | - | {a}, even though {b}
agreement | b | + | {a}, and {b}
agreement | b | + | {a}. Besides, {b}
"""
# Two verbs about one noun: what was expected, and what came.
SURPRISES = """
expectation | - | I expected to {base} the {noun}, but I {past2} it
expectation | + | I expected to {base} the {noun}, and I {past2} it
expectation | - | I wanted to {base} the {noun}, but in the end I {past2} it
expectation | - | I came to {base} the {noun}, and I left {ing2} it
"""

NEUTRAL = """
We went there on a Tuesday
I was there with my sister
It was my second time
We had read about it before
I am writing this on the train
We did not book in advance
I had never been there before
My brother had told us about it
We paid by card
It took about two hours
I do not live nearby
We came by bus, but we went back on foot
"""
STARTS = ("", "", "", "honestly, ", "in short, ", "well, ")
ENDS = (".", ".", ".", "!")
