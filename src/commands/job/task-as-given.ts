import type { Auth, TaskConfig } from '../../domain/events/index.ts';
import { isOmitted } from '../../domain/omitted.ts';
import { refuseField } from '../../domain/refusal.ts';
import { isSealed, type MaybeSealed } from '../../domain/values.ts';
import type { TaskInput } from './job-input.ts';

const KEPT = { sealed: true } as const;
const keptOr = (value: MaybeSealed) => (isSealed(value) ? KEPT : value);

/** Converts a stored task to the input that keeps all of it. */
export const asGiven = ({ headers, auth, body, ...open }: TaskConfig): TaskInput => ({
  ...open,
  ...(body === undefined ? {} : { body: isSealed(body) ? KEPT : body }),
  ...(headers === undefined
    ? {}
    : { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, keptOr(value)])) }),
  ...(auth === undefined ? {} : { auth: authAsGiven(auth) }),
});

/**
 * Puts the stored body into a task whose body is the mark of a list that left it out.
 * @throws Refusal BODY_KEEP_REFUSED if no body is stored
 */
export const withStoredBody = (task: TaskInput, stored: TaskConfig | undefined): TaskInput => {
  if (!isOmitted(task.body)) return task;
  const body = stored === undefined ? undefined : asGiven(stored).body;
  if (body !== undefined) return { ...task, body };
  throw refuseField(
    'BODY_KEEP_REFUSED',
    '/taskConfig/body',
    'no body is stored here to be kept: give the body itself (a list shows it whole with ?include=body)',
  );
};

const authAsGiven = (auth: Auth): NonNullable<TaskInput['auth']> => {
  switch (auth.authMethod) {
    case 'bearer':
      return { ...auth, token: keptOr(auth.token) };
    case 'basic':
      return { ...auth, password: keptOr(auth.password) };
    case 'oauth2':
      return { ...auth, clientSecret: keptOr(auth.clientSecret) };
  }
};
