/** Something was waited for, and did not come in time. The report of the tests knows it by its name. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}
