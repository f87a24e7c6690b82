import { decideDeleteView, decideSaveView } from '../../../src/commands/saved-view.ts';
import type { Actor, SavedViewEvent, SavedViews } from '../../../src/domain/events/index.ts';
import { specOf } from '../../support/given.ts';

const { given } = specOf<SavedViews | undefined, SavedViewEvent>(undefined, (_state, event) => event.data);
const at = '2026-03-02T10:00:00.000Z';
const bob: Actor = { type: 'user', name: 'bob' };
const view = (name: string, query = 'state=failing') => ({ name, query, updatedAt: at, updatedBy: 'bob' });
const saved = (name: string, views: SavedViews['views']): SavedViewEvent => ({
  type: 'ViewSaved',
  data: { tenant: 'acme', name, views },
});

describe('save view', () => {
  const save = (name: string, query: string) => (state: SavedViews | undefined) =>
    decideSaveView({ tenant: 'acme', name, actor: bob, query }, state, Date.parse(at));

  it('keeps all views by name', () => {
    given(saved('money', [view('money')]))
      .when(save('care', 'label=team:care'))
      .then(saved('care', [view('care', 'label=team:care'), view('money')]));
  });
  it('replaces the query of a view, and records nothing if it is the same', () => {
    given(saved('money', [view('money')]))
      .when(save('money', 'label=team:money'))
      .then(saved('money', [view('money', 'label=team:money')]));
    given(saved('money', [view('money')]))
      .when(save('money', 'state=failing'))
      .then();
  });
  it('is rejected beyond 100 views', () => {
    const views = Array.from({ length: 100 }, (_, place) => view(`view-${place}`));
    given(saved('view-0', views)).when(save('more', 'state=failing')).thenRejected('BAD_INPUT', ['/name']);
  });
});

describe('delete view', () => {
  const remove = (name: string) => (state: SavedViews | undefined) => decideDeleteView({ tenant: 'acme', name }, state);

  it('keeps the others', () => {
    given(saved('a', [view('a'), view('b')]))
      .when(remove('a'))
      .then({ type: 'ViewDeleted', data: { tenant: 'acme', name: 'a', views: [view('b')] } });
  });
  it('is rejected if there is none', () => {
    given().when(remove('a')).thenRejected('VIEW_NOT_FOUND');
  });
});
