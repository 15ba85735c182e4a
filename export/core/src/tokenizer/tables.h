// Where the tables of the Rust tokenizers are older than utf8proc's: models were trained with theirs. The ranges are what
// the two say differently, found by asking both for every code point.
#pragma once

namespace edgener {

// A mark, punctuation or format character that came, or became one, after Unicode 8, which is what BERT's parts know.
bool since_unicode_8(char32_t point);

// What the step StripAccents does not take for a mark.
bool is_mark_that_stays(char32_t point);

// What the steps NFKC, NFKD and NFD do not decompose, for it is too new.
bool is_kept_whole(char32_t point);

}  // namespace edgener
