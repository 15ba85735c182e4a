"""edgener: from labelled sentences to a small, verified NER bundle for a phone, a Raspberry Pi or a browser."""
