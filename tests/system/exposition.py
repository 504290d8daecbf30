# SPDX-License-Identifier: Apache-2.0
"""A strict reader of Prometheus' text form, for what promtool lets pass: families in one piece, no sample twice,
histograms that add up."""

import re

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


class Metrics:
    """samples: {(name, ((label, value), ...)): number}; types: {family: type}"""

    def __init__(self, text):
        self.samples, self.types = {}, {}
        family = None
        assert text.endswith("\n")
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                assert family not in self.types and len(line.split(" ", 3)[3]) > 0, line
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name == family and kind in ("counter", "gauge", "histogram"), line
                self.types[family] = kind
            else:
                self.add(family, line)
        for name, kind in self.types.items():
            if kind == "histogram":
                self.check_histogram(name)

    def add(self, family, line):
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        suffix = name.removeprefix(family)
        assert name.startswith(family), f"{line} stands under {family}"
        assert suffix == "" or (self.types[family] == "histogram" and suffix in ("_bucket", "_sum", "_count")), line
        pairs = LABEL.findall(labels or "")
        assert "".join(f'{k}="{v}",' for k, v in pairs).rstrip(",") == (labels or "").rstrip(","), line
        key = (name, tuple(sorted(pairs)))
        assert key not in self.samples, line
        self.samples[key] = float(value)

    def check_histogram(self, family):
        series = {}
        for (name, labels), value in self.samples.items():
            if name == f"{family}_bucket":
                rest = tuple(pair for pair in labels if pair[0] != "le")
                series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
        for rest, buckets in series.items():
            counts = [count for _, count in sorted(buckets)]
            assert counts == sorted(counts) and sorted(buckets)[-1][0] == float("inf"), family
            assert counts[-1] == self.samples[f"{family}_count", rest]
            assert (f"{family}_sum", rest) in self.samples

    def get(self, name, **labels):
        return self.samples[name, tuple(sorted(labels.items()))]

    def sum(self, name, **labels):
        return sum(value for (found, pairs), value in self.samples.items()
                   if found == name and set(labels.items()) <= set(pairs))

    def families(self):
        return set(self.types)
