<?php
/**
 * The box on the forms of visitors: registration, comments, WooCommerce's checkout.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.Security.NonceVerification -- forms of visitors without a session; WordPress and WooCommerce check theirs.

/**
 * Boxes are never ticked before somebody ticks them. A fault here never stops a registration, comment or order.
 */
class Izin_Forms {

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_action( 'register_form', array( __CLASS__, 'on_registration' ) );
		add_action( 'user_register', array( __CLASS__, 'registered' ) );
		add_action( 'comment_form_after_fields', array( __CLASS__, 'on_comment' ) );
		add_action( 'comment_post', array( __CLASS__, 'commented' ), 10, 2 );
		add_action( 'woocommerce_review_order_before_submit', array( __CLASS__, 'on_checkout' ) );
		add_action( 'woocommerce_checkout_order_processed', array( __CLASS__, 'ordered' ), 10, 3 );
		add_action( 'woocommerce_init', array( __CLASS__, 'block_fields' ) );
		add_action( 'woocommerce_store_api_checkout_order_processed', array( __CLASS__, 'ordered_by_block' ) );
	}

	/**
	 * Draws the boxes of these channels, those alone that the settings have.
	 *
	 * @param string $form     Which form.
	 * @param array  $channels EPOSTA, MESAJ, ARAMA.
	 */
	private static function boxes( $form, $channels ) {
		if ( ! Izin_Settings::complete() ) {
			return;
		}
		foreach ( array_intersect( $channels, Izin_Settings::get( 'channels' ) ) as $channel ) {
			printf(
				'<p class="izin-consent"><label for="%1$s"><input type="checkbox" name="izin[%2$s]" id="%1$s" value="1"> %3$s</label></p>',
				esc_attr( 'izin-' . strtolower( $channel ) ),
				esc_attr( $channel ),
				esc_html( Izin_Settings::get( "wording_$channel" ) )
			);
		}
		printf( '<input type="hidden" name="izin_form" value="%s">', esc_attr( $form ) );
	}

	/**
	 * Channels that were ticked on this form.
	 *
	 * @param string $form Which form.
	 * @return array
	 */
	private static function ticked( $form ) {
		$sent = isset( $_POST['izin_form'], $_POST['izin'] ) && is_array( $_POST['izin'] ) ? array_keys( $_POST['izin'] ) : array();
		if ( ! isset( $_POST['izin_form'] ) || $form !== $_POST['izin_form'] ) {
			return array();
		}
		return array_intersect( Izin_Settings::get( 'channels' ), $sent );
	}

	/**
	 * Address of the page with the form, without its query.
	 *
	 * @return string
	 */
	private static function page() {
		// A browser may name any page; evidence has one of this site alone.
		$page = wp_validate_redirect( (string) wp_get_raw_referer(), '' );
		$page = $page ? $page : home_url( isset( $_SERVER['REQUEST_URI'] ) ? esc_url_raw( wp_unslash( $_SERVER['REQUEST_URI'] ) ) : '/' );
		return substr( strtok( $page, '?#' ), 0, 500 );
	}

	/**
	 * The box of the registration.
	 */
	public static function on_registration() {
		self::boxes( 'registration', array( 'EPOSTA' ) );
	}

	/**
	 * Somebody registered. Choosing a password proves the address and not who ticked the box: a mail asks.
	 *
	 * @param int $user Number of the user.
	 */
	public static function registered( $user ) {
		$person = get_userdata( $user );
		if ( $person && in_array( 'EPOSTA', self::ticked( 'registration' ), true ) ) {
			Izin_Confirm::ask( $person->user_email, 'wordpress-registration', self::page() );
		}
	}

	/**
	 * The box of comments, for who is not signed in.
	 */
	public static function on_comment() {
		self::boxes( 'comment', array( 'EPOSTA' ) );
	}

	/**
	 * Somebody commented. Nothing proves the address yet: a mail asks. Who is signed in sees no box, and WordPress has no nonce
	 * for comments: another site could send one in their name.
	 *
	 * @param int        $comment  Number of the comment.
	 * @param int|string $approved 1, 0 or spam.
	 */
	public static function commented( $comment, $approved ) {
		if ( is_user_logged_in() || in_array( $approved, array( 'spam', 'trash' ), true ) || ! in_array( 'EPOSTA', self::ticked( 'comment' ), true ) ) {
			return;
		}
		$made = get_comment( $comment );
		Izin_Confirm::ask( $made->comment_author_email, 'wordpress-comment', get_permalink( $made->comment_post_ID ) );
	}

	/**
	 * The boxes of the checkout.
	 */
	public static function on_checkout() {
		self::boxes( 'checkout', Izin_Settings::CHANNELS );
	}

	/**
	 * Somebody ordered.
	 *
	 * @param int    $number Number of the order.
	 * @param array  $posted Fields of the form.
	 * @param object $order  WC_Order.
	 */
	public static function ordered( $number, $posted, $order = null ) {
		$order = $order ? $order : wc_get_order( $number );
		if ( $order ) {
			self::take_order( $order, self::ticked( 'checkout' ), 'woocommerce-checkout' );
		}
	}

	/**
	 * Fields of the checkout made of blocks.
	 */
	public static function block_fields() {
		if ( ! function_exists( 'woocommerce_register_additional_checkout_field' ) || ! Izin_Settings::complete() ) {
			return;
		}
		foreach ( Izin_Settings::get( 'channels' ) as $channel ) {
			woocommerce_register_additional_checkout_field(
				array(
					'id'       => 'izin/' . strtolower( $channel ),
					'label'    => Izin_Settings::get( "wording_$channel" ),
					'location' => 'order',
					'type'     => 'checkbox',
				)
			);
		}
	}

	/**
	 * Somebody ordered by the checkout made of blocks.
	 *
	 * @param object $order WC_Order.
	 */
	public static function ordered_by_block( $order ) {
		$ticked = array();
		foreach ( Izin_Settings::get( 'channels' ) as $channel ) {
			if ( $order->get_meta( '_wc_other/izin/' . strtolower( $channel ) ) ) {
				$ticked[] = $channel;
			}
		}
		self::take_order( $order, $ticked, 'woocommerce-checkout-block' );
	}

	/**
	 * Queues the consents of an order. An e-mail is asked first; a number is the one at which the order is delivered.
	 *
	 * @param object $order  WC_Order.
	 * @param array  $ticked Channels.
	 * @param string $form   Which form.
	 */
	private static function take_order( $order, $ticked, $form ) {
		foreach ( $ticked as $channel ) {
			if ( 'EPOSTA' === $channel ) {
				Izin_Confirm::ask( $order->get_billing_email(), $form, self::page() );
			} else {
				Izin_Queue::add( $channel, $order->get_billing_phone(), 'ONAY', $form, array( 'page' => self::page() ) );
			}
		}
	}
}
