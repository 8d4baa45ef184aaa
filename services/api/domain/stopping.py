"""Whether a client who answers wants to hear nothing more: by whole words, in many languages.

Carriers tell people which word to send, so the plain case is a message that is one word. Beyond it:

* **Commands** (STOP, СТОП, STOPP, ARRÊT, BAJA, …) count when the message says nothing else. Before
  the word there may be a greeting or a "please", behind it what belongs to such a wish ("stop
  sending me texts"). In any other sentence the same letters are a word like others: "the bus stop",
  "stop by tomorrow", "don't stop".
* **Unsubscribing** (UNSUBSCRIBE, ОТПИСАТЬСЯ, ABMELDEN, …) has no other meaning, so it counts
  wherever it stands, but for a negation before it ("I do not want to unsubscribe"; though "I cannot
  unsubscribe" is somebody who wants to).

START and its like count when the message says nothing else. A message that has both kinds is a wish
to stop. Case, accents, widths and invisible characters make no difference, nor do letters of the
Latin keyboard within a Cyrillic word that look the same.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import takewhile

# More than the longest text message that a provider puts together of its parts.
LONGEST_TEXT = 5_000

_WORD = re.compile(r"[^\W_]+")
_LATIN, _CYRILLIC = "abcehikmoptxy", "авсенікмортху"
_ALIKE = str.maketrans(_LATIN, _CYRILLIC)


class Wish(StrEnum):
    STOP = "stop"
    START = "start"


def words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (one for one in decomposed if unicodedata.category(one) not in ("Mn", "Cf"))
    return [_in_one_script(one) for one in _WORD.findall("".join(kept))]


def _in_one_script(word: str) -> str:
    has_cyrillic = any("\u0400" <= letter <= "\u04ff" for letter in word)
    return word.translate(_ALIKE) if has_cyrillic else word


def _all(*lists: str) -> frozenset[str]:
    return frozenset(words(" ".join(lists)))


_COMMANDS = _all(
    "stop stopall end quit cancel optout revoke",  # as carriers define them
    "стоп стопп хватит прекратите прекратить cnjg",  # the last is СТОП on the Latin keyboard
    "стій зупиніть припиніть тоқта тоқтату",
    "stopp halt aufhören",
    "arret arrêt arrêter arrêtez",
    "baja alto parar pare detener cancelar sair",
    "ferma fermare basta cancella",
    "dur durdur iptal ret",
    "zatrzymaj wstrzymaj",
)
_UNSUBSCRIBING = _all(
    "unsubscribe unsuscribe",
    "отписка отписку отписаться отписатся отпишите отпишись отписать отпиши",
    "відписка відписатися відпишіть",
    "abmelden abbestellen abmeldung",
    "désabonner désabonnement désinscrire désinscription",
    "desuscribir desuscribirme desuscribirse",
    "disiscrivi disiscrivere disiscrivimi",
    "wypisz afmelden uitschrijven",
)
_STARTING = _all(
    "start unstop resume",
    "старт подписаться подписка подписать подпишите cnfhn",  # СТАРТ on the Latin keyboard
    "підписатися підписка",
    "anmelden anmeldung",
    "démarrer réabonner",
    "alta iniciar",
)
# What may go before the word: a greeting, and a request.
_ASKING = _all(
    "please pls plz kindly hi hello hey ok",
    "пожалуйста пожалуйсто плиз прошу здравствуйте привет добрый день вечер",
    "будь ласка прошу bitte hallo",
    "s il vous te plait svp bonjour merci de",
    "por favor hola per favore ciao",
)
# What may follow it.
_BELONGING = _ASKING | _all(
    "now all sms mms text texts texting message messages messaging spam sending send writing me",
    "us it this these the to my number any more anymore thanks thank you contacting calling ads",
    "сейчас все всё смс сообщения сообщение рассылка рассылку рассылки спам рекламу реклама мне",
    "нам слать присылать отправлять писать шлите пишите присылайте отправляйте больше не этот эту",
    "номер спасибо надоели надоело беспокоить",
    "дякую повідомлення розсилку мені більше",
    "jetzt alle keine mehr nachrichten werbung danke diese",
    "les des messages pub publicité",
    "mensajes publicidad gracias no más mas",
)
_STOPPING = _COMMANDS | _UNSUBSCRIBING
_NEGATIONS = _all("not don dont never не ні nicht kein ne pas no non")
_ABILITY = _all("can cannot cant могу можу получается kann peux puedo posso")


def wish_of(text: str) -> Wish | None:
    """None: it is about something else."""
    said = words(text[:LONGEST_TEXT])
    if _is_said_alone(said, _STOPPING, beside=_STARTING) or _asks_to_unsubscribe(said):
        return Wish.STOP
    return Wish.START if _is_said_alone(said, _STARTING) else None


def asks_to_stop(text: str) -> bool:
    return wish_of(text) is Wish.STOP


def asks_to_start(text: str) -> bool:
    return wish_of(text) is Wish.START


def _is_said_alone(
    said: Sequence[str], meant: frozenset[str], beside: frozenset[str] = frozenset()
) -> bool:
    before = list(takewhile((_ASKING | beside).__contains__, said))
    word, after = said[len(before) : len(before) + 1], said[len(before) + 1 :]
    return bool(word) and meant.issuperset(word) and (_BELONGING | meant | beside).issuperset(after)


def _asks_to_unsubscribe(said: Sequence[str]) -> bool:
    return any(
        word in _UNSUBSCRIBING and not _is_negated(said[:place]) for place, word in enumerate(said)
    )


def _is_negated(before: Iterable[str]) -> bool:
    known = set(before)
    return bool(known & _NEGATIONS) and not known & _ABILITY
