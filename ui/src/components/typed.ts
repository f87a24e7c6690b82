import { useEffect, useRef, useState } from 'preact/hooks';

type TypedOptions = {
  /** The page's value. */
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Formats a value for the field. */
  readonly show?: (value: string) => string;
  /** Parses the field's text; `undefined` if it is incomplete. */
  readonly read?: (typed: string) => string | undefined;
};

const asItIs = (text: string): string => text;

/** A field that acts while the user types, and keeps the typed text even if the page's value arrives later. */
export const useTyped = ({ value, onValue, show = asItIs, read = asItIs }: TypedOptions) => {
  const [typed, setTyped] = useState(() => show(value));
  /** Typed values that the page has not returned yet, oldest first: the page's value may be older than the field's. */
  const sent = useRef<string[]>([]);
  useEffect(() => {
    const at = sent.current.indexOf(value);
    if (at < 0) setTyped(show(value));
    else sent.current.splice(0, at + 1);
  }, [value]);
  return {
    value: typed,
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
      setTyped(currentTarget.value);
      const next = read(currentTarget.value);
      if (next === undefined) return;
      sent.current.push(next);
      onValue(next);
    },
  };
};

/** A pause of this length, in ms, ends typing. */
const TYPING_MS = 50;

/** Follows a value after it was stable for a moment; the first value is used immediately. */
export const useSettled = <T>(value: T, ms = TYPING_MS): T => {
  const [settled, setSettled] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [key]);
  return settled;
};
