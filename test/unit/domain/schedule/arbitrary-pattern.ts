import fc from 'fast-check';

const listOf = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(','));

const plain = (min: number, max: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`);
  const step = fc.integer({ min: 1, max: Math.ceil(max / 2) });
  return fc.oneof(
    { weight: 4, arbitrary: value.map(String) },
    { weight: 2, arbitrary: range },
    { weight: 1, arbitrary: fc.tuple(range, step).map(([span, by]) => `${span}/${by}`) },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
    { weight: 1, arbitrary: fc.tuple(value, step).map(([from, by]) => `${from}/${by}`) },
  );
};

const free = fc.constant('*');
const field = (min: number, max: number): fc.Arbitrary<string> => fc.oneof(free, listOf(plain(min, max)));

const dayRule = fc.oneof(
  fc.constantFrom('L', 'LW', '15W', '1W', '31W', 'L-3', 'L-30'),
  fc.integer({ min: 1, max: 31 }).map((day) => `${day}W`),
);
const weekday = fc.constantFrom('0', '7', '1', '5', 'SUN', 'mon', 'Fri', 'SAT');
const weekRule = fc.oneof(
  weekday,
  weekday.map((day) => `${day}L`),
  fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map(([day, nth]) => `${day}#${nth}`),
);

/** Patterns of five fields as they may be written; some never fire. */
export const arbitraryPattern: fc.Arbitrary<string> = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof(free, fc.constant('?'), listOf(fc.oneof(plain(1, 31), dayRule))),
    fc.oneof({ weight: 3, arbitrary: free }, { weight: 1, arbitrary: listOf(plain(1, 12)) }),
    fc.oneof(free, fc.constant('?'), listOf(fc.oneof(plain(0, 7), weekRule))),
  )
  .map((fields) => fields.join(' '));
