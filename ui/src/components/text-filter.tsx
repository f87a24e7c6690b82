import type { RefObject } from 'preact';
import { useTyped } from './typed.ts';

type TextFilterProps = {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly inputRef?: RefObject<HTMLInputElement | null>;
};

/** Filters a list by text while typing. */
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
