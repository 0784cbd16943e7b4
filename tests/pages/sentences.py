"""Twenty sentences on which what a page says has to be true, whatever it is chosen from."""

from __future__ import annotations

SENTENCES = (
    "The animal didn't cross the street because it was too tired.",
    "The animal didn't cross the street because it was too wide.",
    "The trophy doesn't fit in the suitcase because it is too big.",
    "The trophy doesn't fit in the suitcase because it is too small.",
    "The dog ate the cake because it was hungry.",
    "The cat sat on the mat.",
    "Where is the station?",
    "I do not know.",
    "Yes.",
    "the the the the the the",
    "She gave him a book, and he gave her a flower.",
    "My old house is not far from the river.",
    "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z",
    "1, 2, 3, 4, 5!",
    "The bridge was closed since it was too old, so the truck took the road.",
    "Why did the bird leave its nest?",
    "동물은 길을 건너지 않았다.",
    "It is.",
    "The soup was cold because nobody had warmed it for the guests who came late.",
    "Nothing happens twice.",
)
