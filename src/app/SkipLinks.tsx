/** The short ways by keyboard, first on the page: to Run and to the results. Buttons, because the address belongs to shared runs. */
const places = [
  ['run', 'Skip to Run'],
  ['results', 'Skip to the results'],
] as const;

export function SkipLinks() {
  return (
    <nav className="skip" aria-label="Short ways">
      {places.map(([id, label]) => (
        <button
          key={id}
          type="button"
          onClick={() => {
            const target = document.getElementById(id);
            target?.scrollIntoView({ block: 'nearest' });
            target?.focus();
          }}
        >
          {label}
        </button>
      ))}
    </nav>
  );
}
