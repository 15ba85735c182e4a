"""Public corpora: where they live, under which licence, and which hashes somebody published for them.

Addresses, branches and file names were looked up in stored copies of the repositories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgener.text.corpus import SPLITS


@dataclass(frozen=True)
class Source:
    """A public corpus. A language without a dev file gets one that is cut from train."""

    name: str
    base: str
    licence: str
    licence_page: str
    languages: tuple[str, ...]
    files: Mapping[str, str]  # remote path -> local path
    sha256: Mapping[str, str] = field(default_factory=dict)  # remote path -> published hash, or its first half
    sha256_from: str = ""


def _masakhaner(name: str, folder: str, page: str, languages: str, sha256: str = "") -> Source:
    return Source(
        name,
        f"https://raw.githubusercontent.com/masakhane-io/masakhane-ner/main/{folder}",
        "CC-BY-NC-4.0: no commercial use",
        f"https://github.com/masakhane-io/masakhane-ner/blob/main/{page}",
        tuple(languages.split()),
        {path: path for path in (f"{code}/{split}.txt" for code in languages.split() for split in SPLITS)},
        {
            f"{code}/{split}.txt": digest
            for code, *digests in map(str.split, sha256.splitlines())
            for split, digest in zip(SPLITS, digests, strict=True)
        },
        "huggingface/datasets: datasets/masakhaner/dataset_infos.json",
    )


# The first 128 bits of train, dev and test, where a second copy of the data has the published hash. Left out: amh,
# whose copies have other hashes than the published ones; luo and wol, of which not every file could be compared.
_MASAKHANER1_SHA256 = """\
hau f09523f77aacc7d89e935ce8fdd0d7d6 a4695528b190c629f417e66feda12765 1f636716cb1633490bc475951721d81a
ibo 9731a5268749b43c5f1c7ac1f420aa7b 059e81794392a659efd65218ae988ff4 ecfc765813ac82b5807e3cf00e26020e
kin 46960b853d33b08759ec04dea5ba390a 2adff8ef6a84927a9ebf68760feaffba d49c012b50ef2e1e5f6e424f4348d18e
lug 5884e3c4be037b37dec9c1d60125638d 654a457c9c7aaba690a6cab0a7239060 6b8b327cecc61d7228be95331e6bf3bb
pcm 7fbb8bc4f0b456e6283624d05a1bfd0e 34e2dc4868718fbb3646f2d65d3e7802 de0dc15f4f74adff9486d03897354ef3
swa 3fbefb76d97a652a29c6f856946af60e ee742c38cba9139f1a147baffe7d294d f91b97def896572dfaaf6db247a01cc1
yor 8baf42a3231ab6f10ce7ed5ed434a5a5 6fd8ba4c586606a08669ca5695418509 fbace84a8b7cc0c4078f1600a2408b06
"""

_ALL = (
    _masakhaner("masakhaner1", "data", "LICENSE", "amh hau ibo kin lug luo pcm swa wol yor", _MASAKHANER1_SHA256),
    _masakhaner(
        "masakhaner2",
        "MasakhaNER2.0/data",
        "MasakhaNER2.0/README.md",
        "bam bbj ewe fon hau ibo kin lug luo mos nya pcm sna swa tsn twi wol xho yor zul",
    ),
    Source(
        "msra",
        "https://raw.githubusercontent.com/OYE93/Chinese-NLP-Corpus/master/NER/MSRA",
        "no licence is stated; do not take it for free to use",
        "https://github.com/OYE93/Chinese-NLP-Corpus/tree/master/NER/MSRA",
        ("zho",),
        {"msra_train_bio.txt": "zho/train.txt", "msra_test_bio.txt": "zho/test.txt"},
        {
            "msra_train_bio.txt": "b403d1318c5289917ad2ca4136279592521684748327e93f1bf49a3845a40ac7",
            "msra_test_bio.txt": "2be8e580bcb22e9086e4403d82a7ec0f6e18019ebef35b0fd52941724bdf89a3",
        },
        "huggingface/datasets: datasets/msra_ner/dataset_infos.json",
    ),
)
SOURCES: dict[str, Source] = {source.name: source for source in _ALL}
