import { useEffect, useRef, useState } from 'preact/hooks';

type TypedOptions = {
  /** The value that the page has. */
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** A value as the field shows it. */
  readonly show?: (value: string) => string;
  /** What is typed as a value; undefined where it is none yet. */
  readonly read?: (typed: string) => string | undefined;
};

const asItIs = (text: string): string => text;

/** A field that acts as one types, and keeps what is typed, whatever the page says of its value a moment later. */
export const useTyped = ({ value, onValue, show = asItIs, read = asItIs }: TypedOptions) => {
  const [typed, setTyped] = useState(() => show(value));
  /** What was typed and has not come back by the page yet, oldest first: it may be older than what the field shows. */
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

/** A letter typed within so many ms of the next is not searched for by itself. */
const TYPING_MS = 50;

/** A value that follows another once that has stood still for a moment; the first one is taken at once. */
export const useSettled = <T>(value: T, ms = TYPING_MS): T => {
  const [settled, setSettled] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [key]);
  return settled;
};
