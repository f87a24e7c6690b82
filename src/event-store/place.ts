/** The place of an event in its stream; the first event has revision 0. */
export type Revision = number;
/** The revision of a stream without events. */
export const NO_STREAM: Revision = -1;
/** The place of an event in the whole log. It is opaque; compare positions only with `comparePositions`. */
export type Position = string;
