import { z } from 'zod';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { type Actor, changedBy, type EventOf, type SavedViews } from '../domain/events/index.ts';
import { plainText, type Tenant } from '../domain/values.ts';
import type { CommandContext, CommandResult } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { changeDocument, SAVED_VIEWS, setDocument } from './loop/documents.ts';
import { parseInput, Slug, serverSet } from './parse.ts';

const MAX_QUERY = 1_000;
const MAX_VIEWS = 100;

const ViewNamed = z.strictObject({ name: Slug });

export const SaveView = z.strictObject({
  ...serverSet('name', 'updatedAt', 'updatedBy'),
  query: plainText(MAX_QUERY),
});

type SavedView = SavedViews['views'][number];
type ViewRef = { readonly tenant: Tenant; readonly name: string };

/** Saves a view under a name; records nothing if it is unchanged. */
export const decideSaveView = (
  { tenant, name, actor, query }: ViewRef & { readonly actor: Actor; readonly query: string },
  existing: SavedViews | undefined,
  nowMs: number,
): EventOf<'ViewSaved'>[] => {
  const before = existing?.views ?? [];
  if (before.some((view) => view.name === name && view.query === query)) return [];
  const others = before.filter((view) => view.name !== name);
  if (others.length >= MAX_VIEWS) {
    throw rejectField('BAD_INPUT', '/name', `the tenant has ${MAX_VIEWS} views, the maximum: delete one first`);
  }
  const view = { name, query, ...changedBy(actor, nowMs) };
  const views = [...others, view].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [{ type: 'ViewSaved', data: { tenant, name, views } }];
};

export const decideDeleteView = (
  { tenant, name }: ViewRef,
  existing: SavedViews | undefined,
): EventOf<'ViewDeleted'>[] => {
  const before = existing?.views ?? [];
  const views = before.filter((view) => view.name !== name);
  if (views.length === before.length) throw new DomainError('VIEW_NOT_FOUND', `there is no view ${name}`);
  return [{ type: 'ViewDeleted', data: { tenant, name, views } }];
};

export const saveView =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string, input: unknown): Promise<CommandResult<SavedView>> => {
    const { name } = parseInput(ViewNamed, { name: given });
    const { query } = parseInput(SaveView, input);
    const { tenant, actor } = context;
    const { value: saved, ...done } = await setDocument(deps, SAVED_VIEWS, {
      key: [tenant],
      context,
      decide: (existing, nowMs) => decideSaveView({ tenant, name, actor, query }, existing, nowMs),
    });
    const value = saved.views.find((view) => view.name === name);
    if (value === undefined) throw new Error(`view ${name} was not saved`);
    return { ...done, value };
  };

/** @throws DomainError VIEW_NOT_FOUND */
export const deleteView =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string): Promise<CommandResult<unknown>> => {
    const { name } = parseInput(ViewNamed, { name: given });
    const { tenant } = context;
    return changeDocument(deps, SAVED_VIEWS, {
      key: [tenant],
      context,
      decide: (existing) => decideDeleteView({ tenant, name }, existing),
    });
  };
