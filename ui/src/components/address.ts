import { useLocation, useSearch } from 'wouter-preact';

type Changes = Readonly<Record<string, string | undefined>>;

/** The parameters in the address of the page at this path. Changing some leaves the others; an empty value removes one. */
export const useAddress = (path: string): readonly [URLSearchParams, (changes: Changes) => void] => {
  const search = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const change = (changes: Changes) => {
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value.trim() === '') search.delete(name);
      else search.set(name, value);
    }
    navigate(search.size === 0 ? path : `${path}?${search}`, { replace: true });
  };
  return [search, change];
};
