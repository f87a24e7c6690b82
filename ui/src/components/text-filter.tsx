import type { RefObject } from 'preact';
import { useTyped } from './typed.ts';

type TextFilterProps = {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly inputRef?: RefObject<HTMLInputElement | null>;
};

/** A text that a list is narrowed by as one types. */
export const TextFilter = ({ label, placeholder, value, onValue, inputRef }: TextFilterProps) => (
  <input
    ref={inputRef ?? null}
    type="search"
    aria-label={label}
    placeholder={placeholder}
    spellcheck={false}
    autocomplete="off"
    {...useTyped({ value, onValue })}
  />
);
