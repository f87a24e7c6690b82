import { DAY_MS } from './oracle.ts';

const DAYS = 4;
const around = (timezone: string, day: string) => {
  const fromMs = Date.parse(`${day}T00:00:00Z`) - 2 * DAY_MS;
  return { timezone, fromMs, untilMs: fromMs + DAYS * DAY_MS };
};

/** Transitions of the past that differ from an hour at two in the night. */
export const ODD_SPANS = [
  around('Pacific/Apia', '2011-12-30'), // skips a day
  around('Pacific/Fakaofo', '2011-12-30'),
  around('Pacific/Kwajalein', '1993-08-21'),
  around('America/Caracas', '2007-12-09'), // half an hour back
  around('America/Caracas', '2016-05-01'),
  around('Asia/Pyongyang', '2015-08-14'),
  around('Asia/Pyongyang', '2018-05-04'),
  around('Asia/Kathmandu', '1985-12-31'), // a quarter of an hour
  around('America/Sao_Paulo', '2018-11-04'), // gap at midnight
  around('America/Sao_Paulo', '2018-02-18'), // repeat before midnight
  around('Asia/Beirut', '2022-03-27'),
  around('Asia/Beirut', '2023-03-30'),
  around('Africa/Cairo', '2010-09-09'),
  around('Africa/Casablanca', '2018-06-17'),
  around('Antarctica/Troll', '2023-03-26'), // two hours
  around('Antarctica/Troll', '2023-10-29'),
  around('Antarctica/Casey', '2020-10-03'), // three hours
  around('Asia/Gaza', '2040-10-20'), // transitions a week apart
  around('Asia/Gaza', '2040-10-27'),
] as const;
