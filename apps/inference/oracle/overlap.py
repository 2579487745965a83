"""What sacreBLEU and NLTK say of the same texts: writes src/domain/evaluators/fixtures.json.

    pip install sacrebleu nltk && python3 apps/inference/oracle/overlap.py
"""

import json
import pathlib

import sacrebleu
from nltk.metrics import edit_distance

pairs = [
    ("the cat sat on the mat", "the cat is on the mat"),
    ("It is a guide to action which ensures that the military always obeys the commands of the party.",
     "It is a guide to action that ensures that the military will forever heed Party commands."),
    ("Billing", "billing"),
    ("a", "a b c d e"),
    ("hello world, this is $3.50!", "Hello world: it's 3.50 dollars"),
    ("completely different", "nothing shared here"),
    ("Der schnelle braune Fuchs springt.", "Ein schneller brauner Fuchs sprang über den Zaun."),
    ("same words same words", "same words"),
    ("x" * 30, "x" * 29 + "y"),
]
out = [
    {
        "text": a,
        "expected": b,
        "bleu": sacrebleu.sentence_bleu(a, [b]).score / 100,
        "chrf": sacrebleu.sentence_chrf(a, [b]).score / 100,
        "distance": edit_distance(a, b),
    }
    for a, b in pairs
]
where = pathlib.Path(__file__).parent.parent / "src/domain/evaluators/fixtures.json"
where.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
