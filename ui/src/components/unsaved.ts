import { useEffect, useRef } from 'preact/hooks';

const QUESTION = 'Leave without saving? Your changes will be lost.';

/**
 * Asks before somebody leaves a page with unsaved changes: by a link, by going back, or by closing the tab. A browser
 * without the Navigation API asks only when the tab is closed or loaded anew.
 *
 * @returns lets the page be left from now on: call it once everything is saved
 */
export const useUnsavedGuard = (isDirty: boolean): (() => void) => {
  const asks = useRef(isDirty);
  asks.current = isDirty;
  useEffect(() => {
    const unload = (event: BeforeUnloadEvent) => {
      if (asks.current) event.preventDefault();
    };
    const leave = (event: NavigateEvent) => {
      if (!asks.current || !event.cancelable || !leavesPage(event.destination.url)) return;
      if (confirm(QUESTION)) asks.current = false;
      else event.preventDefault();
    };
    addEventListener('beforeunload', unload);
    const history = 'navigation' in window ? window.navigation : undefined;
    history?.addEventListener('navigate', leave);
    return () => {
      removeEventListener('beforeunload', unload);
      history?.removeEventListener('navigate', leave);
    };
  }, []);
  return () => {
    asks.current = false;
  };
};

const leavesPage = (url: string): boolean => new URL(url).pathname !== location.pathname;
