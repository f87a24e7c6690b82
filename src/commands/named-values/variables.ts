import { z } from 'zod';
import { DomainError } from '../../domain/domain-error.ts';
import type { Variable } from '../../domain/events/index.ts';
import { HOOK_NAMES } from '../../domain/execution/hook.ts';
import { parseInput } from '../parse.ts';
import { deleteNamed, type NamedValues, serverSet, setNamed, type ToBe, ValueName, ValueText } from './named-value.ts';

export const SetVariable = z.strictObject({ ...serverSet, value: ValueText });

/** Jobs use a variable as `${NAME}`. */
export const VARIABLES: NamedValues<Variable> = {
  kind: 'variable',
  noun: 'variable',
  missing: 'VARIABLE_NOT_FOUND',
  // `${T:…}` is a time.
  nameInput: ValueName.refine((text) => text !== 'T', 'T is reserved for the time: choose another name'),
  // A hook receives results, and a variable in its URL determines where they are sent.
  rejectSet: async ({ uses }, variable, { context, application }) => {
    if (context.canReadExecutions) return;
    const isInDefault = HOOK_NAMES.some((hook) => application?.[hook]?.url.includes(`\${${variable.name}}`));
    if (!isInDefault && (await uses.ofHookVariable(variable)).total === 0) return;
    const why = `the URL of a hook uses ${variable.name}, and a hook receives the results of executions`;
    throw new DomainError('FORBIDDEN', `${why}: to set it, you need the permission scheduler:executions:read`);
  },
  listOf: ({ variables }) => variables,
  eventOf: (application, { what, list: variables, name: variable }) => ({
    type: `Variable${what}`,
    data: { ...application, variables, variable },
  }),
};

export const newVariable =
  (value: string): ToBe<Variable> =>
  (stored, set) =>
    stored?.value === value ? undefined : { ...set, value };

export const setVariable = setNamed(VARIABLES, (input) => ({
  toBe: newVariable(parseInput(SetVariable, input).value),
}));

/** Executions of jobs that use it fail from then on. */
export const deleteVariable = deleteNamed(VARIABLES);
