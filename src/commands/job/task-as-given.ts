import { type RunTaskConfig, withQuery } from '../../domain/execution/run-input.ts';
import { MASK } from '../../domain/redaction/index.ts';
import type { TaskInput } from '../../domain/tasks/given.ts';
import type { HttpConfig } from '../../domain/tasks/http/stored.ts';
import { isSealed, type MaybeSealed } from '../../domain/values.ts';

const KEPT = { sealed: true } as const;
const keptOr = (value: MaybeSealed) => (isSealed(value) ? KEPT : value);

/** Converts a stored task to the input that keeps all of it. Sealed values of a run's query are masked. */
export const toGivenTask = ({ headers, auth, body, sealedQuery, ...open }: RunTaskConfig): TaskInput => ({
  ...open,
  ...(sealedQuery === undefined
    ? {}
    : withQuery(open, Object.fromEntries(Object.keys(sealedQuery).map((name) => [name, MASK])))),
  ...(body === undefined ? {} : { body: isSealed(body) ? KEPT : body }),
  ...(headers === undefined
    ? {}
    : { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, keptOr(value)])) }),
  ...(auth === undefined ? {} : { auth: authAsGiven(auth) }),
});

const authAsGiven = (auth: NonNullable<HttpConfig['auth']>): NonNullable<TaskInput['auth']> => {
  switch (auth.authMethod) {
    case 'bearer':
      return { ...auth, token: keptOr(auth.token) };
    case 'basic':
      return { ...auth, password: keptOr(auth.password) };
    case 'oauth2':
      return { ...auth, clientSecret: keptOr(auth.clientSecret) };
  }
};
