import { pointerOf } from '../refusal.ts';
import { isSealed } from '../values.ts';

/** JSON pointers to the sealed values, at any depth, whose data key was erased: nobody can open them again. */
export const erasedSecrets = (value: unknown, erasedGeneration: number, pointer = ''): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (isSealed(value)) return value.$sealed.generation <= erasedGeneration ? [pointer] : [];
  return Object.entries(value).flatMap(([key, item]) =>
    erasedSecrets(item, erasedGeneration, pointer + pointerOf([key])),
  );
};
