import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** Continues the navigation away from a page with unsaved changes; `undefined` if there is none. */
export const askedToLeave = signal<(() => void) | undefined>(undefined);

/**
 * Asks for confirmation before a page with unsaved changes is left: by a link, by going back, or by closing the tab. Without
 * the Navigation API, only before closing or reloading the tab.
 * @returns a function that allows leaving; call it when everything is saved
 */
export const useUnsavedGuard = (isDirty: boolean): (() => void) => {
  const isUnsaved = useRef(isDirty);
  isUnsaved.current = isDirty;
  useEffect(() => {
    const unload = (event: BeforeUnloadEvent) => {
      if (isUnsaved.current) event.preventDefault();
    };
    const leave = (event: NavigateEvent) => {
      if (!isUnsaved.current || !event.cancelable || !leavesPage(event.destination.url)) return;
      event.preventDefault();
      const { destination, navigationType } = event;
      askedToLeave.value = () => {
        isUnsaved.current = false;
        if (navigationType === 'traverse') window.navigation.traverseTo(destination.key);
        else history.pushState(null, '', destination.url);
      };
    };
    addEventListener('beforeunload', unload);
    const navigation = 'navigation' in window ? window.navigation : undefined;
    navigation?.addEventListener('navigate', leave);
    return () => {
      removeEventListener('beforeunload', unload);
      navigation?.removeEventListener('navigate', leave);
    };
  }, []);
  return () => {
    isUnsaved.current = false;
  };
};

const leavesPage = (url: string): boolean => new URL(url).pathname !== location.pathname;
