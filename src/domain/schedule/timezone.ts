import { boundedCache } from './bounded-cache.ts';

const NAMES = 2_048;
const NAME_CHARACTERS = 64;

/** IANA names without an area (`Area/City`). Node also accepts other names without one (`IST`, `PST`, …). */
const WITHOUT_AREA = new Set(
  (
    'utc gmt uct zulu universal greenwich gmt0 gmt+0 gmt-0 cet met eet wet est mst hst est5edt cst6cdt mst7mdt ' +
    'pst8pdt cuba egypt eire gb gb-eire hongkong iceland iran israel jamaica japan kwajalein libya nz nz-chat navajo ' +
    'prc poland portugal roc rok singapore turkey w-su'
  ).split(' '),
);
const AREA = /^[a-z]+(?:\/[a-z0-9_+-]+)+$/i;

const known = boundedCache(NAMES, (name: string): boolean => {
  const bare = WITHOUT_AREA.has(name.toLowerCase());
  if (!bare && (!AREA.test(name) || /^systemv\//i.test(name))) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
});

/** Whether this is a zone of the IANA database that this Node knows. An offset (`+02:00`) is not. */
export const isTimezone = (name: string): boolean => name.length <= NAME_CHARACTERS && known(name);
