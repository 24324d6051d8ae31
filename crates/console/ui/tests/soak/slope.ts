// Whether a row of measurements grows. Pure.

/** How much the values grow a minute, by least squares over samples that are a minute apart. */
export function slope(values: number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [above, below] = [0, 0];
  values.forEach((value, index) => {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  });
  return below === 0 ? 0 : above / below;
}

/** Those samples that count: what is read and drawn once comes before. */
export const settled = <Sample>(samples: Sample[]): Sample[] => samples.slice(Math.min(Math.ceil(samples.length / 4), samples.length - 2));
