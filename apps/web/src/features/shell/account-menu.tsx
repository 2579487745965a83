"use client";

import { CircleUser, Compass, UserCog } from "lucide-react";
import { useRouter } from "next/navigation";
import { IconButton } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { useSession } from "../service/session.tsx";
import { useTour } from "../tour/use-tour.ts";

/** One's own things: the account, and the tour. `onLeave`: it leads away from the menu that it is in. */
export function AccountMenu({ onLeave }: { readonly onLeave: () => void }) {
  const router = useRouter();
  const { organization, user } = useSession();
  const tour = useTour();
  const leading = (act: () => void) => () => {
    onLeave();
    act();
  };
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label={`Account of ${user.name}`} title={user.email} size="sm">
          <CircleUser />
        </IconButton>
      }
      items={[
        { label: "Your account", icon: <UserCog />, onSelect: leading(() => router.push("/settings")) },
        ...(organization ? [{ label: tourName(tour.state), icon: <Compass />, onSelect: leading(tour.start) }] : []),
      ]}
    />
  );
}

export function tourName(state: ReturnType<typeof useTour>["state"]): string {
  return state === "later" ? "Go on with the tour" : "Take the tour";
}
