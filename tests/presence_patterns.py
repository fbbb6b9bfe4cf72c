"""Descriptions, and patterns that count in which captions they are said, without lemmas."""

import re

#: a description, and a pattern for each thing that a caption must say
PATTERNS = {
    "girl in tree": (r"girl('?s'?)?", r"trees?"),
    "brown dog": (r"brown", r"dog('?s'?)?"),
    "red car": (r"red", r"cars?"),
    "men": (r"m[ae]n('?s)?",),
    "a woman": (r"wom[ae]n('?s)?",),
    "children playing": (r"child('?s|ren('?s)?)?", r"play(s|ed|ing)?"),
    "people": (r"people('s)?|persons?('s)?",),
    "dog running": (r"dog('?s'?)?", r"run(s|ning)?|ran"),
    "man sitting on bench": (r"m[ae]n('?s)?", r"sit(s|ting)?|sat", r"bench(es)?"),
    "the black and white dog": (r"black", r"white", r"dog('?s'?)?"),
    "black-and-white dogs": (r"black", r"white", r"dog('?s'?)?"),
    "two dogs": (r"two|2", r"dog('?s'?)?"),
    "3 people": (r"three|3", r"people('s)?|persons?('s)?"),
    "wearing glasses": (r"wear(s|ing)?|wore|worn", r"glasses"),
    "boy jumping into water": (r"boy('?s'?)?", r"jump(s|ed|ing)?", r"waters?"),
    "snowboarder": (r"snow[ -]?boarders?",),
    "skateboards": (r"skate[ -]?board(s|ed|ing)?",),
    "a t-shirt": (r"t[ -]?shirts?",),
    "leaves": (r"lea(f|ves)",),
    "baby smiling": (r"bab(y|ies)('s)?", r"smil(es?|ed|ing)"),
    "a red or blue shirt": (r"red|blue", r"shirts?"),
    "building": (r"buildings?",),
    "the grass": (r"grass(es)?",),
    "beach": (r"beach(es)?",),
    "wooden bench": (r"wooden", r"bench(es)?"),
    "climbs a rock": (r"climb(s|ed|ing)?", r"rocks?|rocking|rocked"),
    "a person riding a bike": (r"people('s)?|persons?('s)?", r"rid(es?|ing|den)|rode",
                               r"bik(es?|ing|ed)"),
    "crowds": (r"crowd(s|ed|ing)?",),
    "holding a ball in its mouth": (r"hold(s|ing)?|held", r"balls?", r"mouths?"),
    "swims in a pool": (r"swim(s|ming)?|swam", r"pools?"),
    "zebra": (r"zebras?",),
    "girls dressed in pink": (r"girl('?s'?)?", r"dress(es|ed|ing)?", r"pink"),
    "ice cream": (r"ice|ice[ -]?cream", r"cream|ice[ -]?cream"),
    "tennis": (r"tennis",),
    "feet": (r"f(oo|ee)t",),
}  # fmt: skip


def counted(captions, patterns):
    """Returns which captions hold a match of each pattern between two ends of words."""
    whole = [re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])") for pattern in patterns]
    return [
        row for row, text in enumerate(captions) if all(one.search(text.lower()) for one in whole)
    ]
