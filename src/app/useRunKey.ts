/** Ctrl + Enter (⌘ + Enter) runs from anywhere, with what a field holds by then. */
import { useEffect } from 'react';

export function useRunKey(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      const button = document.getElementById('run');
      // The focus leaves the field, which takes its value over; a form that cannot run says why beside the button.
      button?.focus();
      if (document.activeElement !== button && document.activeElement instanceof HTMLElement) {
        document.activeElement.blur();
      }
      // After the form has drawn what changed.
      requestAnimationFrame(() => button?.click());
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
