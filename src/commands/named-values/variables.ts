import { z } from 'zod';
import type { Variable } from '../../domain/events/index.ts';
import { parseInput } from '../parse.ts';
import { deleteNamed, type NamedValues, serverSet, setNamed, type ToBe, ValueName, ValueText } from './named-value.ts';

export const SetVariable = z.strictObject({ ...serverSet, value: ValueText });

/** Jobs name one as `${NAME}`. */
export const VARIABLES: NamedValues<Variable> = {
  kind: 'variable',
  noun: 'variable',
  missing: 'VARIABLE_NOT_FOUND',
  // `${T:…}` is a time.
  nameInput: ValueName.refine((text) => text !== 'T', 'T stands for the time: choose another name'),
  listOf: ({ variables }) => variables,
  eventOf: (application, { what, list: variables, name: variable }) => ({
    type: `Variable${what}`,
    data: { ...application, variables, variable },
  }),
};

export const variableToBe =
  (value: string): ToBe<Variable> =>
  (stored, set) =>
    stored?.value === value ? undefined : { ...set, value };

export const setVariable = setNamed(VARIABLES, (input) => ({
  toBe: variableToBe(parseInput(SetVariable, input).value),
}));

/** Executions of jobs that name it fail from then on. */
export const deleteVariable = deleteNamed(VARIABLES);
