import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';

/** Whether a JSON pointer of an error belongs to a field: it is the field, or lies within it. */
export const isWithin = (pointer: string, field: string): boolean =>
  pointer === field || pointer.startsWith(`${field}/`);

/** What the service said against the fields of a dialog, and the fields that the dialog has. */
export type DialogErrors = {
  readonly errors: ReadonlyMap<string, string>;
  /** A field that is shown takes the errors at its pointer. @returns gives that up */
  readonly claim: (pointer: string) => () => void;
};

export const DialogErrorsContext = createContext<DialogErrors>({ errors: new Map(), claim: () => () => {} });

/** What is said against the field of a dialog at this pointer; undefined where nothing is. */
export const useFieldError = (pointer: string | undefined): string | undefined => {
  const { errors, claim } = useContext(DialogErrorsContext);
  useEffect(() => (pointer === undefined ? undefined : claim(pointer)), [pointer]);
  return pointer === undefined ? undefined : [...errors].find(([at]) => isWithin(at, pointer))?.[1];
};
