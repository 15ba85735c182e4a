"""Evaluate any tagger (torch model, ONNX or bundle) on a corpus, on gold words or on raw text."""

from collections.abc import Iterator, Mapping, Sequence

from edgener.console import Progress
from edgener.errors import UserError
from edgener.evaluate.score import Evaluation, LanguageScore, Span, combine, score_spans, score_words
from edgener.text.corpus import Sentence
from edgener.text.labels import entity_type, spans
from edgener.text.tagger import Tagger
from edgener.text.words import CHAR

_SENTENCES_A_CALL = 32


def evaluate(
    tagger: Tagger,
    corpus: Mapping[str, Sequence[Sentence]],
    *,
    raw: bool = False,
    reference: Mapping[str, float] | None = None,
    what: str = "evaluating",
) -> Evaluation:
    """Score a tagger on each language of a corpus.

    raw: join the gold words to plain text and let the splitter cut it again, as a phone does; an entity is then right
    when its type and its positions in the text are. reference: F1 by language, under half of which one has collapsed.
    """
    score = _score_raw if raw else _score_words
    languages = {name: score(tagger, sentences, f"{what} {name}") for name, sentences in corpus.items()}
    return combine(languages, raw, reference)


def _score_words(tagger: Tagger, sentences: Sequence[Sentence], what: str) -> LanguageScore:
    predicted: list[list[str]] = []
    for slice_ in _slices(sentences, tagger.batch_size, what):
        predicted += tagger.tag_words([one.tokens for one in slice_])
    return score_words([one.tags for one in sentences], predicted)


def _score_raw(tagger: Tagger, sentences: Sequence[Sentence], what: str) -> LanguageScore:
    joint = "" if tagger.spec.splitter == CHAR else " "
    pairs: list[tuple[set[Span], set[Span]]] = []
    for slice_ in _slices(sentences, tagger.batch_size, what):
        answers = tagger.batch([joint.join(one.tokens) for one in slice_])
        for sentence, found in zip(slice_, answers, strict=True):
            pairs.append((gold_spans(sentence, joint), {(hit.type, hit.start, hit.end) for hit in found}))
    return score_spans(pairs)


def types_of(sentences: Sequence[Sentence]) -> set[str]:
    """The entity types of a corpus."""
    return {entity_type(tag) for sentence in sentences for tag in sentence.tags if tag != "O"}


def check_types(labels: Sequence[str], corpus: Mapping[str, Sequence[Sentence]], model: str) -> None:
    """UserError when the corpus has entity types that the model's labels do not have: its F1 would say nothing."""
    known = {entity_type(label) for label in labels if label != "O"}
    for language, sentences in corpus.items():
        unknown = types_of(sentences) - known
        if unknown:
            raise UserError(
                f"--data: {language} has entity type {min(unknown)}, which {model} does not know "
                f"({', '.join(sorted(known))}); give data with its label set"
            )


def gold_spans(sentence: Sentence, joint: str) -> set[Span]:
    """(type, start, end) of the gold entities in the text that joins the sentence's tokens."""
    starts, place = [], 0
    for token in sentence.tokens:
        starts.append(place)
        place += len(token) + len(joint)
    return {
        (entity_type(sentence.tags[first]), starts[first], starts[last - 1] + len(sentence.tokens[last - 1]))
        for first, last in spans(sentence.tags)
    }


def _slices(sentences: Sequence[Sentence], batch_size: int, what: str) -> Iterator[Sequence[Sentence]]:
    """A few sentences at a time, with progress."""
    size = max(_SENTENCES_A_CALL, batch_size)
    with Progress(what, len(sentences), "sentences") as progress:
        for at in range(0, len(sentences), size):
            slice_ = sentences[at : at + size]
            yield slice_
            progress.advance(len(slice_))
