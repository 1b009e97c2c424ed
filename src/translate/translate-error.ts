/** A mistake in the options of `translate`: all that is wrong is said with what was expected. */
export class TranslateError extends RangeError {
  override readonly name = "TranslateError";
}
