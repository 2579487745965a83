import type { Metadata } from "next";
import { ReviewsPage } from "../../../features/reviews/reviews-page.tsx";

export const metadata: Metadata = { title: "Reviews" };

export default function Route() {
  return <ReviewsPage />;
}
