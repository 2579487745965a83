export function Kbd({ children }: { readonly children: string }) {
  return (
    <kbd className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-xs border border-line bg-canvas px-1 font-sans text-2xs text-ink-3">
      {children}
    </kbd>
  );
}
