"""Letters to a town hall, made up from parts, and the office that answers them."""
import random

OFFICES = {
    "roads": {
        "things": ["a pothole", "the broken traffic light", "ein Schlagloch", "le feu rouge cassé", "the faded zebra crossing"],
        "wishes": ["please repair it", "bitte reparieren", "merci de le réparer", "somebody will get hurt 🚲"],
    },
    "waste": {
        "things": ["the rubbish bins", "die gelbe Tonne", "les poubelles", "an old fridge in the park", "overflowing glass containers"],
        "wishes": ["please empty them", "bitte abholen", "when is the next collection?", "ça sent mauvais 🤢"],
    },
    "registry": {
        "things": ["a birth certificate", "meinen Personalausweis", "un acte de mariage", "my new address", "a passport for our baby"],
        "wishes": ["which papers do I need?", "gibt es einen Termin?", "quels documents faut-il?", "how long does it take?"],
    },
}
OPENINGS = ["Dear Sir or Madam,", "Hello,", "Guten Tag,", "Bonjour,", ""]
PLACES = ["in Mill Lane", "am Marktplatz", "rue de l'Église", "near the école", "by the station", ""]


def letters(count: int, seed: int = 11) -> tuple[list[str], list[str]]:
    dice = random.Random(seed)
    texts, offices = [], []
    for _ in range(count):
        office = dice.choice(sorted(OFFICES))
        parts = OFFICES[office]
        other = dice.choice(sorted(OFFICES)) if dice.random() < 0.15 else office
        words = [dice.choice(OPENINGS), dice.choice(parts["things"]), dice.choice(PLACES), dice.choice(OFFICES[other]["wishes"])]
        texts.append(" ".join(word for word in words if word))
        offices.append(office)
    return texts, offices
