"""Load a bundle, text to entities: the Python runtime."""

from pathlib import Path

from edgener.artefact import MANIFEST
from edgener.bundle.layout import TOKENIZER, Bundle, variant_file
from edgener.bundle.verify import check_unchanged, open_bundle
from edgener.errors import UserError
from edgener.runtime import cpu
from edgener.runtime.session import OnnxForward, require_version
from edgener.runtime.settings import Settings, chosen_for
from edgener.runtime.tokenizer import BundleTokenizer
from edgener.text.tagger import Tagger


class Ner(Tagger):
    """A verified bundle, ready to tag.

    >>> ner = Ner.load("runs/masakhaner-int8")                        # doctest: +SKIP
    >>> [(e.type, e.text, e.start, e.end) for e in ner("Ibrahim ya je Kano .")]   # doctest: +SKIP
    [('PER', 'Ibrahim', 0, 7), ('LOC', 'Kano', 14, 18)]
    """

    bundle: Bundle

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        threads: int = 0,
        settings: Settings | None = None,
        batch_size: int = 1,
        recall_bias: float = 0.0,
        min_score: float = 0.0,
    ) -> "Ner":
        """Verify the bundle's hashes, then load it. UserError, one line, for whatever is wrong with it.

        threads: intra-op threads of ONNX Runtime; 0 takes what `edgener tune` found here, else what the bundle's target
        suggests, else its own choice. settings: of the session, instead of all of that. batch_size: windows that share
        a forward pass; with more than 1 a dynamic int8 bundle's answers depend a little on their neighbours.
        """
        bundle = open_bundle(Path(path))
        require_version(bundle.manifest["model"].get("min_onnxruntime"), bundle.path / MANIFEST)
        cpu.check(bundle.manifest["model"], bundle.path / MANIFEST)
        chosen = settings or chosen_for(bundle, threads)
        if chosen.variant not in ("", *bundle.variants):
            known = ", ".join(bundle.variants) or "none"
            raise UserError(f"{bundle.path}: no variant {chosen.variant[:40]!r} (its variants: {known})")
        graph = bundle.path / variant_file(chosen.variant) if chosen.variant else bundle.graph
        forward = OnnxForward(graph, chosen.threads, chosen.optimisation, chosen.spinning)
        if forward.labels != len(bundle.labels):
            raise UserError(f"{bundle.path}: the graph has {forward.labels} outputs, labels.json {len(bundle.labels)}")
        ner = cls(
            forward,
            BundleTokenizer(bundle.path / TOKENIZER),
            bundle.labels,
            bundle.spec,
            batch_size=batch_size,
            recall_bias=recall_bias,
            min_score=min_score,
        )
        ner.bundle = bundle
        check_unchanged(bundle)
        return ner
