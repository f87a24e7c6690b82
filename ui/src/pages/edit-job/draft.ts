/** A job as somebody writes it: JSON that the API has not seen yet. */
export type Draft = Readonly<Record<string, unknown>>;

/** What the API says of a job, and nobody writes. */
const TOLD = [
  'id',
  'application',
  'nextRunAt',
  'lastExecution',
  'completed',
  'state',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
];

/** What can be written of a job that is there. */
export const draftOf = (job: object & { readonly application: { readonly id: number } }): Draft => ({
  applicationId: job.application.id,
  ...Object.fromEntries(Object.entries(job).filter(([name]) => !TOLD.includes(name))),
});

/** What a new job begins as. */
export const newDraft = (timezone: string): Draft => ({
  enabled: true,
  pattern: '0 2 * * *',
  timezone,
  taskType: 'HttpInvokerTask',
  taskConfig: { method: 'POST' },
});

/** What a new job begins as that is to be like another. */
export const cloneOf = (job: Parameters<typeof draftOf>[0] & { readonly name: string }): Draft => ({
  ...draftOf(job),
  name: `${job.name}-copy`,
});

const stepsOf = (pointer: string): readonly string[] => pointer.split('/').slice(1);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a JSON pointer, through objects only. */
export const valueAt = (draft: Draft, pointer: string): unknown =>
  stepsOf(pointer).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), draft);

/** The draft with another value there; undefined takes it away, and objects that are empty then. */
export const withValue = (draft: Draft, pointer: string, value: unknown): Draft => put(draft, stepsOf(pointer), value);

const put = (draft: Draft, [step, ...rest]: readonly string[], value: unknown): Draft => {
  if (step === undefined) return draft;
  const inner = draft[step];
  const next = rest.length === 0 ? value : put(isObject(inner) ? inner : {}, rest, value);
  const { [step]: _, ...others } = draft;
  const isGone = next === undefined || (rest.length > 0 && isObject(next) && Object.keys(next).length === 0);
  return isGone ? others : step in draft ? { ...draft, [step]: next } : { ...others, [step]: next };
};

const isSealed = (value: unknown): boolean => isObject(value) && value.sealed === true;

/** Where values stand that are sealed: nobody can read them, so no other job can have them. */
export const sealedIn = (draft: Draft): readonly string[] =>
  ['/taskConfig', '/taskConfig/auth', '/taskConfig/headers'].flatMap((pointer) => {
    const inner = valueAt(draft, pointer);
    return Object.entries(isObject(inner) ? inner : {}).flatMap(([name, value]) =>
      isSealed(value) ? [`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`] : [],
    );
  });

/** What to send so that a job becomes this: what it has no more is null, which takes it away. */
export const changeOf = (before: Draft, after: Draft): Draft => ({
  ...Object.fromEntries(Object.keys(before).flatMap((name) => (name in after ? [] : [[name, null]]))),
  ...after,
});

/** What was changed here, upon what somebody else has saved meanwhile: of a field that both changed, this one stays. */
export const mergeOf = (before: Draft, theirs: Draft, mine: Draft): Draft => {
  const isSame = (name: string): boolean => JSON.stringify(before[name]) === JSON.stringify(mine[name]);
  const names = new Set([...Object.keys(theirs), ...Object.keys(mine)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const from = isSame(name) ? theirs : mine;
      return name in from ? [[name, from[name]]] : [];
    }),
  );
};
