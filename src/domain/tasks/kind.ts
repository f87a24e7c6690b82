import type { SensitiveNames } from '../redaction/mask.ts';
import type { HttpTask } from './http/stored.ts';
import type { TaskType } from './stored.ts';

/** Where a task sends its secrets: to what it calls, and to where it gets an access token. */
export type Destination = 'target' | 'tokenUrl';

/** What holds for a field of a task, or for each text of one that holds several texts by name. */
export type Field = {
  readonly holds: 'text' | 'texts' | 'json';
  /** When its value is sealed before it is recorded. `byName`: each of its texts that has the name of a secret. */
  readonly sealed: 'always' | 'byName' | 'ifConfidential' | 'never';
  /** Where its secrets are sent. What is sealed here opens for these URLs only, and `allowedOrigins` are checked for them. */
  readonly boundTo: readonly Destination[];
  /** The field holds the URL of this destination. */
  readonly leadsTo?: Destination;
  /** What no parameter may put into its value, how the value is called in the error, and why. */
  readonly breaks?: { readonly by: RegExp; readonly part: string; readonly why: string };
};

/** The fields of a kind that parameters are filled into or that hold secrets, by JSON pointer. */
export type FieldMap = Readonly<Record<`/${string}`, Field>>;

export type PlacedField = { readonly path: readonly string[]; readonly field: Field };

/** The fields in a form that is walked quickly. */
export const fieldsOf = (map: FieldMap): readonly PlacedField[] =>
  Object.entries(map).map(([pointer, field]) => ({ path: pointer.slice(1).split('/'), field }));

/** A kind of task: what the rest of the service knows of its configuration. */
export type TaskKind<Stored, Clear, Line> = {
  readonly type: TaskType;
  readonly fields: readonly PlacedField[];
  /** The target by which pauses, places and filters find the task; undefined if it is known only at the call. */
  target(task: Stored): string | undefined;
  /** The names that a pause or a filter may give the target; none if it is known only at the call. */
  targetNames(task: Stored): readonly string[];
  /** What a task does, on one line. */
  line(task: Line): string;
  /** With the query that is given for one run in its place. */
  withQueryOfRun<Secret, Body>(task: HttpTask<Secret, Body>): HttpTask<Secret, Body>;
  /** Forms in which its secrets are sent, beside the values of the fields that hold them. */
  secretForms(task: Clear, names: SensitiveNames): readonly string[];
};
