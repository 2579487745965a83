"""What SciPy says of the same figures: writes packages/statistics/src/fixtures.json.

    python3 apps/inference/oracle/scipy_figures.py     (Debian: python3-scipy)
"""

import json
import pathlib

import numpy
import scipy
from scipy import stats

out = {
    "scipy": scipy.__version__,
    "normalCdf": [[x, stats.norm.cdf(x)] for x in (-8.0, -3.1, -1.0, -0.2, 0.0, 0.5, 1.96, 2.9, 4.2)],
    "normalQuantile": [[p, stats.norm.ppf(p)] for p in (1e-9, 0.001, 0.02425, 0.1, 0.5, 0.8, 0.975, 0.9999)],
    "studentQuantile": [[p, n, stats.t.ppf(p, n)] for p in (0.6, 0.9, 0.975, 0.995) for n in (1, 2, 5, 19, 49, 199)],
    "fairCoinCdf": [
        [k, n, stats.binom.cdf(k, n, 0.5)] for k, n in ((0, 5), (2, 12), (7, 20), (45, 100), (480, 1000), (4900, 10000))
    ],
    "incompleteBeta": [
        [x, a, b, float(scipy.special.betainc(a, b, x))]
        for x, a, b in ((0.1, 0.5, 3), (0.5, 2, 2), (0.9, 10, 1.5), (0.3, 40, 80), (0.501, 900, 910))
    ],
    "wilson": [],
    "mcnemar": [],
    "bca": [],
}
for hits, count in ((0, 10), (1, 20), (7, 20), (45, 50), (200, 200), (6123, 10000)):
    interval = stats.binomtest(hits, count).proportion_ci(0.95, "wilson")
    out["wilson"].append([hits, count, interval.low, interval.high])
for a, b in ((10, 2), (1, 9), (0, 5), (25, 25), (320, 280)):
    out["mcnemar"].append([a, b, stats.binomtest(a, a + b, 0.5).pvalue])

random = numpy.random.default_rng(7)
for size in (40, 300):
    values = numpy.round(random.exponential(size=size), 6)
    found = stats.bootstrap((values,), numpy.mean, n_resamples=40_000, method="BCa", rng=random).confidence_interval
    out["bca"].append({"values": values.tolist(), "low": found.low, "high": found.high})

where = pathlib.Path(__file__).parents[3] / "packages/statistics/src/fixtures.json"
where.write_text(json.dumps(out, indent=1) + "\n")
