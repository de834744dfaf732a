"""A short telephone dialogue in eight languages, for scripted providers: demos, load tests and end-to-end tests."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PHRASEBOOK_LANGUAGES = ("en", "es", "fr", "it", "pt", "gl", "de", "ca")

_ROWS: tuple[tuple[str, ...], ...] = (
    (
        "Good morning, I am calling about my order.",
        "Buenos días, llamo por mi pedido.",
        "Bonjour, j'appelle au sujet de ma commande.",
        "Buongiorno, chiamo per il mio ordine.",
        "Bom dia, estou a ligar por causa da minha encomenda.",
        "Bos días, chamo polo meu pedido.",
        "Guten Morgen, ich rufe wegen meiner Bestellung an.",
        "Bon dia, truco per la meva comanda.",
    ),
    (
        "Good morning, what is the number of your order?",
        "Buenos días, ¿cuál es el número de su pedido?",
        "Bonjour, quel est le numéro de votre commande ?",
        "Buongiorno, qual è il numero del suo ordine?",
        "Bom dia, qual é o número da sua encomenda?",
        "Bos días, cal é o número do seu pedido?",
        "Guten Morgen, wie lautet die Nummer Ihrer Bestellung?",
        "Bon dia, quin és el número de la seva comanda?",
    ),
    (
        "The number is 4827.",
        "El número es 4827.",
        "Le numéro est 4827.",
        "Il numero è 4827.",
        "O número é 4827.",
        "O número é 4827.",
        "Die Nummer ist 4827.",
        "El número és 4827.",
    ),
    (
        "Thank you, one moment please.",
        "Gracias, un momento por favor.",
        "Merci, un instant s'il vous plaît.",
        "Grazie, un momento per favore.",
        "Obrigado, um momento por favor.",
        "Grazas, un momento por favor.",
        "Danke, einen Moment bitte.",
        "Gràcies, un moment si us plau.",
    ),
    (
        "I paid 65 euros and it has not arrived.",
        "Pagué 65 euros y no ha llegado.",
        "J'ai payé 65 euros et elle n'est pas arrivée.",
        "Ho pagato 65 euro e non è arrivato.",
        "Paguei 65 euros e não chegou.",
        "Paguei 65 euros e non chegou.",
        "Ich habe 65 Euro bezahlt und sie ist nicht angekommen.",
        "Vaig pagar 65 euros i no ha arribat.",
    ),
    (
        "It left our warehouse on 12 March.",
        "Salió de nuestro almacén el 12 de marzo.",
        "Elle a quitté notre entrepôt le 12 mars.",
        "È partito dal nostro magazzino il 12 marzo.",
        "Saiu do nosso armazém no dia 12 de março.",
        "Saíu do noso almacén o 12 de marzo.",
        "Sie hat unser Lager am 12. März verlassen.",
        "Va sortir del nostre magatzem el 12 de març.",
    ),
    (
        "When will it be delivered?",
        "¿Cuándo lo van a entregar?",
        "Quand sera-t-elle livrée ?",
        "Quando sarà consegnato?",
        "Quando vai ser entregue?",
        "Cando o van entregar?",
        "Wann wird sie geliefert?",
        "Quan el lliuraran?",
    ),
    (
        "It will arrive on Tuesday between 9 and 12.",
        "Llegará el martes entre las 9 y las 12.",
        "Elle arrivera mardi entre 9 et 12 heures.",
        "Arriverà martedì tra le 9 e le 12.",
        "Vai chegar na terça-feira entre as 9 e as 12.",
        "Chegará o martes entre as 9 e as 12.",
        "Sie kommt am Dienstag zwischen 9 und 12 Uhr an.",
        "Arribarà dimarts entre les 9 i les 12.",
    ),
    (
        "Can you call me before you come?",
        "¿Puede llamarme antes de venir?",
        "Pouvez-vous m'appeler avant de venir ?",
        "Può chiamarmi prima di venire?",
        "Pode ligar-me antes de vir?",
        "Pode chamarme antes de vir?",
        "Können Sie mich anrufen, bevor Sie kommen?",
        "Em pot trucar abans de venir?",
    ),
    (
        "Of course. Is there anything else I can do for you?",
        "Por supuesto. ¿Puedo ayudarle en algo más?",
        "Bien sûr. Puis-je faire autre chose pour vous ?",
        "Certo. Posso fare altro per lei?",
        "Com certeza. Posso ajudar em mais alguma coisa?",
        "Por suposto. Podo axudalo en algo máis?",
        "Natürlich. Kann ich sonst noch etwas für Sie tun?",
        "És clar. El puc ajudar en alguna cosa més?",
    ),
    (
        "No, that is all.",
        "No, eso es todo.",
        "Non, c'est tout.",
        "No, è tutto.",
        "Não, é tudo.",
        "Non, iso é todo.",
        "Nein, das ist alles.",
        "No, això és tot.",
    ),
    (
        "Thank you very much, goodbye.",
        "Muchas gracias, adiós.",
        "Merci beaucoup, au revoir.",
        "Grazie mille, arrivederci.",
        "Muito obrigado, adeus.",
        "Moitas grazas, adeus.",
        "Vielen Dank, auf Wiederhören.",
        "Moltes gràcies, adeu.",
    ),
)

PHRASEBOOK: tuple[Mapping[str, str], ...] = tuple(
    MappingProxyType(dict(zip(PHRASEBOOK_LANGUAGES, row, strict=True))) for row in _ROWS
)
"""Entry n says one thing in every language of ``PHRASEBOOK_LANGUAGES``."""


def phrase(number: int, language: str) -> str:
    """Return what is said in utterance ``number`` (from 1); the dialogue starts over when it ends.

    Languages that the book lacks read English.
    """
    entry = PHRASEBOOK[(number - 1) % len(PHRASEBOOK)]
    return entry.get(language, entry["en"])
