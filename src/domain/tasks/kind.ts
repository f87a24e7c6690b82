import type { SensitiveNames } from '../redaction/mask.ts';
import type { ApplicationId } from '../values.ts';
import type { TaskType } from './stored.ts';

/**
 * How an engine has a task done: it calls the target itself, or it offers the prepared work, which a worker takes. Nothing
 * was done of work that the log has no offer of.
 */
export type TaskDelivery = 'called' | 'offered';

/** Where a task sends its secrets: to its target, or to where it gets an access token. */
export type Destination = 'target' | 'tokenUrl';

/** Properties of a field of a task, or of each text in a field that maps names to texts. */
export type Field = {
  readonly holds: 'text' | 'texts' | 'json';
  /** When its value is sealed before it is recorded. `byName`: those of its texts with the name of a secret. */
  readonly sealed: 'always' | 'byName' | 'ifConfidential' | 'never';
  /** Where its secrets are sent. Values sealed here open for these URLs only, and `allowedOrigins` are checked for them. */
  readonly boundTo: readonly Destination[];
  /** The field holds the URL of this destination, or the name of the queue. */
  readonly leadsTo?: Destination;
  /** What parameters must not insert into its value, the value's name in the error, and why. */
  readonly breaks?: { readonly by: RegExp; readonly part: string; readonly why: string };
};

/** The fields of a kind with parameters or secrets, by JSON pointer. */
export type FieldMap = Readonly<Record<`/${string}`, Field>>;

export type PlacedField = { readonly path: readonly string[]; readonly field: Field };

/** The fields in a form that is walked quickly. */
export const fieldsOf = (map: FieldMap): readonly PlacedField[] =>
  Object.entries(map).map(([pointer, field]) => ({ path: pointer.slice(1).split('/'), field }));

/** A kind of task: what the rest of the service knows of its configuration. */
export type TaskKind<Stored, Clear, Line> = {
  readonly type: TaskType;
  readonly delivery: TaskDelivery;
  readonly fields: readonly PlacedField[];
  /** The origin that a field with `leadsTo` names; `undefined` if it depends on a parameter. */
  originOf(text: string): string | undefined;
  /** The target by which pauses, capacity and filters find the task; `undefined` if it is known only at the call. */
  target(task: Stored, applicationId: ApplicationId): string | undefined;
  /** The names by which a pause or filter can refer to the target; none if it is known only at the call. */
  targetNames(task: Stored, applicationId: ApplicationId): readonly string[];
  /** The task on one line. */
  line(task: Line): string;
  /** Forms in which its secrets are sent, beside the values of the fields that hold them. */
  secretForms(task: Clear, names: SensitiveNames): readonly string[];
};
