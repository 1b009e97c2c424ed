/**
 * How much of one VM's demand the demand of others tells: R² of a least-squares regression, by Householder reflections.
 *
 *   R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²        ŷ = b₀ + Σ bᵢ xᵢ
 *
 * VMs that tell nearly the same make the answer hang on how sums are rounded. So b is found and put back in the usual order:
 * reflect column by column, solve from the last unknown up, multiply out row by row.
 *
 * Source: facts §10, selection MC. Cost: O(values × VMs²).
 */

/**
 * R² of `y` on others, with a constant.
 *
 * @param y       values
 * @param others  as many values each
 * @returns       up to 1, no number where `y` never changes; undefined if there are no others, fewer values than unknowns, or
 *                others of which one is exactly told by the rest
 */
export function rSquared(y: Float64Array, others: readonly Float64Array[]): number | undefined {
  const unknowns = others.length + 1;
  if (others.length === 0 || y.length < unknowns) return undefined;
  const factors = leastSquares(y, others);
  if (factors === undefined) return undefined;
  let rest = 0;
  for (let row = 0; row < y.length; row += 1) {
    let told = factors[0]!;
    for (let k = 1; k < unknowns; k += 1) told += others[k - 1]![row]! * factors[k]!;
    rest += (y[row]! - told) * (y[row]! - told);
  }
  return 1 - rest / squareSum(y);
}

/** The constant, and a factor for each of the others; undefined if they cannot be told apart. */
function leastSquares(y: Float64Array, others: readonly Float64Array[]): Float64Array | undefined {
  const columns = [new Float64Array(y.length).fill(1), ...others.map((values) => values.slice())];
  const lengths = new Float64Array(columns.length);
  const turned = y.slice();
  for (const [k, column] of columns.entries()) {
    let square = 0;
    for (let row = k; row < y.length; row += 1) square += column[row]! * column[row]!;
    const length = column[k]! > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    if (length === 0) return undefined;
    lengths[k] = length;
    column[k] = column[k]! - length;
    for (let later = k + 1; later < columns.length; later += 1) reflect(columns[later]!, column, k, length);
    reflect(turned, column, k, length);
  }
  for (let k = columns.length - 1; k >= 0; k -= 1) {
    const factor = turned[k]! / lengths[k]!;
    turned[k] = factor;
    for (let row = 0; row < k; row += 1) turned[row] = turned[row]! - factor * columns[k]![row]!;
  }
  return turned;
}

/** Turns a column as `axis`, which was reflected to `length`, was turned. */
function reflect(column: Float64Array, axis: Float64Array, from: number, length: number): void {
  let product = 0;
  for (let row = from; row < axis.length; row += 1) product += column[row]! * axis[row]!;
  const factor = product / (length * axis[from]!);
  for (let row = from; row < axis.length; row += 1) column[row] = column[row]! + factor * axis[row]!;
}

/** Σ (y − ȳ)², value by value. */
function squareSum(y: Float64Array): number {
  let [mean, sum] = [0, 0];
  for (let n = 1; n <= y.length; n += 1) {
    const away = y[n - 1]! - mean;
    mean += away / n;
    sum += (n - 1) * away * (away / n);
  }
  return sum;
}
