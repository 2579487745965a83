import { describe, expect, it } from "vitest";
import { parsePrometheus, quantile, total } from "./prometheus.ts";

const text = `# HELP t_requests_total Requests.
# TYPE t_requests_total counter
t_requests_total{route="/v1/chat/completions",status="200"} 7
t_requests_total{route="/v1/completions",status="429",note="a \\"quoted\\" one, with }"} 2 1700000000000
t_active 3
t_seconds_bucket{le="0.1"} 2
t_seconds_bucket{le="0.2"} 6
t_seconds_bucket{le="+Inf"} 8
broken line {
`;

describe("parsePrometheus", () => {
  const samples = parsePrometheus(text);

  it("reads names, labels and values", () => {
    expect(samples).toHaveLength(6);
    expect(samples[1]).toEqual({
      name: "t_requests_total",
      labels: { route: "/v1/completions", status: "429", note: 'a "quoted" one, with }' },
      value: 2,
    });
  });

  it("sums over labels, and knows what is absent", () => {
    expect(total(samples, "t_requests_total")).toBe(9);
    expect(total(samples, "t_requests_total", ({ status }) => status !== "200")).toBe(2);
    expect(total(samples, "t_nothing")).toBeUndefined();
  });

  it("interpolates quantiles inside a bucket", () => {
    expect(quantile(samples, "t_seconds", 0.5)).toBeCloseTo(0.15);
    expect(quantile(samples, "t_seconds", 0.25)).toBeCloseTo(0.1);
    expect(quantile(samples, "t_seconds", 0.99)).toBe(0.2);
    expect(quantile([], "t_seconds", 0.5)).toBeUndefined();
  });
});
