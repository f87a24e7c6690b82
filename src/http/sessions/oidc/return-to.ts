import { z } from 'zod';

const LONGEST = 1_000;
/** Stands for the origin of this service, which need not be known to tell a path from an address elsewhere. */
const HERE = 'https://here.invalid';

/** Whether a browser that is at this service stays there: `//evil.example` and `/\evil.example` lead elsewhere. */
const isPathHere = (path: string): boolean => path.startsWith('/') && URL.parse(path, HERE)?.origin === HERE;

/**
 * Where a browser goes back to: a path of this service, with its query and fragment. Make it an address with the origin
 * before it goes anywhere: a path such as `/.//evil.example` becomes another one when it is shortened.
 */
export const ReturnTo = z
  .string()
  .max(LONGEST)
  .refine(isPathHere, 'must be a path of this service, such as /_/scheduler/ui');
