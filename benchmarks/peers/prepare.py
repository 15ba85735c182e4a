"""The folders of the peers, each made as its project's documentation says.

    python -m benchmarks.peers.prepare optimum-int8 MODEL OUT      optimum-onnx, avx512_vnni, dynamic, per channel
    python -m benchmarks.peers.prepare optimizer-int8 MODEL OUT    ONNX Runtime's transformers optimizer, then dynamic
    python -m benchmarks.peers.prepare openvino-int8 MODEL OUT --data DIR --lang hau   NNCF, on sentences of train

MODEL is a torch model; openvino-int8 wants a folder with its fp32 model.onnx instead (`onnx-fp32` makes one), so that
it can run where openvino and nncf are installed and torch is not.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

BESIDE = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
CALIBRATION = 300  # sentences, NNCF's default


def onnx_fp32(model: Path, out: Path) -> None:
    from optimum.exporters.onnx import main_export

    main_export(str(model), output=out, task="token-classification", device="cpu", do_validation=False)


def optimum_int8(model: Path, out: Path) -> None:
    from optimum.onnxruntime import ORTModelForTokenClassification, ORTQuantizer
    from optimum.onnxruntime.configuration import AutoQuantizationConfig

    found = ORTModelForTokenClassification.from_pretrained(model, export=True)
    config = AutoQuantizationConfig.avx512_vnni(is_static=False, per_channel=True)
    ORTQuantizer.from_pretrained(found).quantize(save_dir=out, quantization_config=config)
    (out / "model_quantized.onnx").rename(out / "model.onnx")
    (out / "ort_config.json").unlink(missing_ok=True)


def optimizer_int8(model: Path, out: Path) -> None:
    import json
    import tempfile

    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    config = json.loads((model / "config.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        onnx_fp32(model, Path(folder))
        fused = optimize_model(
            f"{folder}/model.onnx",
            model_type="bert",
            num_heads=config["num_attention_heads"],
            hidden_size=config["hidden_size"],
        )
        fused.save_model_to_file(f"{folder}/fused.onnx")
        quantize_dynamic(
            f"{folder}/fused.onnx",
            out / "model.onnx",
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


def openvino_int8(model: Path, out: Path, data: Path, languages: list[str]) -> None:
    import nncf
    import openvino

    network = openvino.convert_model(model / "model.onnx")
    names = {one.any_name for one in network.inputs}
    samples = [{name: one[name] for name in names} for one in _windows(model, data, languages)]
    quantised = nncf.quantize(
        network,
        nncf.Dataset(samples),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
    )
    openvino.save_model(quantised, out / "model.xml", compress_to_fp16=False)


def _windows(model: Path, data: Path, languages: list[str]) -> Iterator[dict[str, Any]]:
    import numpy as np

    from edgener.runtime.folder import load_folder
    from edgener.text import corpus
    from edgener.text.pieces import encode

    tagger = load_folder(model)
    for sentences in corpus.load(data, "train", languages).values():
        count = CALIBRATION // len(languages)
        for sentence in sentences[:: max(1, len(sentences) // count)][:count]:
            ids = list(encode(tagger.tokenizer, list(sentence.tokens)).ids)[: tagger.spec.capacity]
            row = np.array([[*tagger.spec.prefix, *ids, *tagger.spec.suffix]], np.int64)
            yield {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}


MAKERS: dict[str, Callable[[Path, Path], None]] = {
    "onnx-fp32": onnx_fp32,
    "optimum-int8": optimum_int8,
    "optimizer-int8": optimizer_int8,
}


def main(
    kind: str,
    model: Path,
    out: Path,
    data: Annotated[Path | None, typer.Option(help="For openvino-int8.")] = None,
    lang: Annotated[list[str] | None, typer.Option(help="For openvino-int8.")] = None,
) -> None:
    """Make the folder of a peer."""
    out.mkdir(parents=True)
    if kind == "openvino-int8":
        if data is None or not lang:
            raise typer.BadParameter("openvino-int8 wants --data and --lang")
        openvino_int8(model, out, data, lang)
    else:
        MAKERS[kind](model, out)
    for name in BESIDE:
        if (model / name).is_file():
            shutil.copy(model / name, out)


if __name__ == "__main__":
    typer.run(main)
