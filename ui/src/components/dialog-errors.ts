import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';

/** Returns whether an error's JSON pointer is a field or lies within it. */
export const isWithin = (pointer: string, field: string): boolean =>
  pointer === field || pointer.startsWith(`${field}/`);

/** Errors by field, and the fields that the dialog shows. */
export type DialogErrors = {
  readonly errors: ReadonlyMap<string, string>;
  /** Registers a shown field for the errors at its pointer. @returns a function that unregisters it */
  readonly claim: (pointer: string) => () => void;
};

export const DialogErrorsContext = createContext<DialogErrors>({ errors: new Map(), claim: () => () => {} });

/** The error of the dialog's field at this pointer, if any. */
export const useFieldError = (pointer: string | undefined): string | undefined => {
  const { errors, claim } = useContext(DialogErrorsContext);
  useEffect(() => (pointer === undefined ? undefined : claim(pointer)), [pointer]);
  return pointer === undefined ? undefined : [...errors].find(([at]) => isWithin(at, pointer))?.[1];
};
