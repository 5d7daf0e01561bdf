"""Makes NotoSans-Fallback.ttf: what Noto Sans lacks and names or notes may hold,
cut out of other Noto fonts without hints and layout tables, as one small font.
Debian: fonts-noto-core, python3-fonttools. The result is under the same licence
(OFL.txt)."""
from fontTools import merge, subset
from fontTools.ttLib import TTFont

NOTO = "/usr/share/fonts/truetype/noto/NotoSans%s-Regular.ttf"


def runes(*ranges):
    return [r for first, last in ranges for r in range(first, last + 1)]


PARTS = [
    ("Hebrew", runes((0x5BE, 0x5C6), (0x5D0, 0x5F4))),
    # The letters by the forms of their places in a word (presentation forms).
    ("Arabic", runes((0x60C, 0x60C), (0x61B, 0x61B), (0x61F, 0x61F), (0x640, 0x640), (0x660, 0x669), (0x6F0, 0x6F9),
                     (0xFE80, 0xFEFC), (0xFB56, 0xFB59), (0xFB7A, 0xFB7D), (0xFB8A, 0xFB95), (0xFBFC, 0xFBFF))),
    ("Armenian", runes((0x530, 0x58F))),
    ("Georgian", runes((0x10A0, 0x10FF))),
    ("Math", [0x2190, 0x2191, 0x2192, 0x2193, 0x2194, 0x21D0, 0x21D2, 0x21D4, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265,
              0x221E, 0x2211, 0x221A, 0x25CA]),
    ("Symbols2", [0x2713, 0x2714, 0x2717, 0x2718, 0x2610, 0x2611, 0x2612, 0x2605, 0x2606, 0x260E]),
]

files = []
for name, unicodes in PARTS:
    o = subset.Options()
    o.layout_features, o.hinting, o.glyph_names, o.notdef_outline = [], False, False, True
    o.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    o.drop_tables += ["GSUB", "GPOS", "GDEF", "MATH", "gasp", "meta", "DSIG"]
    font = TTFont(NOTO % name)
    s = subset.Subsetter(o)
    s.populate(unicodes=unicodes)
    s.subset(font)
    font.save(name + ".ttf")
    files.append(name + ".ttf")

font = merge.Merger().merge(files)
for r in font["name"].names:
    own = {1: "Noto Sans Greffier Fallback", 3: "NotoSansGreffierFallback", 4: "Noto Sans Greffier Fallback", 6: "NotoSansGreffierFallback"}
    if r.nameID in own:
        r.string = own[r.nameID]
font["post"].formatType = 3.0
font["head"].created = font["head"].modified = 3600000000
font.recalcTimestamp = False
font.save("NotoSans-Fallback.ttf")
