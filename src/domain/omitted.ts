/** Shown in place of a body that a list leaves out. A caller that sends it back keeps the stored body. */
export type Omitted = {
  readonly omitted: true;
  /** Size of the body as JSON. */
  readonly bytes: number;
};

const MOST_LISTED_BYTES = 4 * 1_024;

/** A body as a list shows it: whole up to 4 KiB, else only its size. */
export const omittedWhereLarge = <Body>(body: Body): Body | Omitted => {
  const bytes = Buffer.byteLength(JSON.stringify(body));
  return bytes <= MOST_LISTED_BYTES ? body : { omitted: true, bytes };
};

export const isOmitted = (body: unknown): body is Omitted =>
  typeof body === 'object' &&
  body !== null &&
  Object.keys(body).length === 2 &&
  'omitted' in body &&
  body.omitted === true &&
  'bytes' in body &&
  typeof body.bytes === 'number';
