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

const MenuList = lazy(() => import("./menu-list.tsx").then((module) => ({ default: module.MenuList })));

/** How a menu was opened: by keyboard, its first item is chosen at once. */
export type Opened = "no" | "pointer" | "keyboard";

/** A menu whose machinery loads when somebody comes near its trigger, and not with every page. */
export function Menu({ trigger, items, align = "end" }: MenuProps) {
  const [near, setNear] = useState(false);
  const [opened, setOpened] = useState<Opened>("no");
  const button = useRef<HTMLButtonElement>(null);
  // A press on the trigger closes an open menu before the click comes, which then must not open it again.
  const wasOpen = useRef(false);
  const come = () => setNear(true);
  return (
    <>
      {cloneElement(trigger, {
        ref: button,
        "aria-haspopup": "menu",
        "aria-expanded": opened !== "no",
        onFocus: come,
        onPointerEnter: come,
        onPointerDown: () => {
          wasOpen.current = opened !== "no";
        },
        onClick: (event) => {
          const again = wasOpen.current;
          wasOpen.current = false;
          // A click without a pointer is the Enter or space key's.
          if (!again) setOpened(event.detail === 0 ? "keyboard" : "pointer");
        },
        onKeyDown: (event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpened("keyboard");
        },
      })}
      {near || opened !== "no" ? (
        <Suspense fallback={null}>
          <MenuList button={button} items={items} align={align} opened={opened} onClose={() => setOpened("no")} />
        </Suspense>
      ) : null}
    </>
  );
}
