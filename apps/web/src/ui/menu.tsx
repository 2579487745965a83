"use client";

import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useRef, useState } from "react";

export interface MenuItem {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly onSelect: () => void;
}

export interface MenuProps {
  /** A button. */
  readonly trigger: ReactElement<React.ComponentProps<"button">>;
  readonly items: readonly MenuItem[];
  readonly align?: "start" | "end";
}

const load = () => import("./radix-menu.tsx").then((module) => ({ default: module.RadixMenu }));
const RadixMenu = lazy(load);

/** A menu whose machinery loads when somebody comes near its trigger, and not with every page. */
export function Menu(props: MenuProps) {
  const [wanted, setWanted] = useState<"no" | "near" | "open">("no");
  const button = useRef<HTMLButtonElement>(null);
  const near = () => setWanted((now) => (now === "no" ? "near" : now));
  const open = () => setWanted("open");
  const trigger = cloneElement(props.trigger, {
    ref: button,
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onFocus: near,
    onPointerEnter: near,
    onPointerDown: (event) => event.button === 0 && open(),
    onKeyDown: (event) => {
      if (!["Enter", " ", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      open();
    },
  });
  if (wanted === "no") return trigger;
  return (
    <Suspense fallback={trigger}>
      <RadixMenu
        {...props}
        opensAtOnce={wanted === "open"}
        takesFocus={button.current !== null && button.current === document.activeElement}
      />
    </Suspense>
  );
}
